"""The few ways in which bytes divide into units; each accounts for every byte it reads."""

from __future__ import annotations

from collections.abc import Iterator

from parsers.contract import Chunks, Framing, Units
from parsers.framing import envelopes, json_stream, lines

RECORD_ARRAYS = (
    "Records",  # CloudTrail
    "configurationItems",  # AWS Config: history, snapshots, get-resource-config-history
    "baseConfigurationItems",  # batch-get-resource-config
    "resourceIdentifiers",  # list-discovered-resources
    "EvaluationResults",  # get-compliance-details-by-config-rule, -by-resource
    "AggregateEvaluationResults",
    "ComplianceByConfigRules",  # describe-compliance-by-config-rule
    "ComplianceByResources",  # describe-compliance-by-resource
    "AggregateComplianceByConfigRules",
    "ConformancePackRuleEvaluationResults",  # get-conformance-pack-compliance-details
)
"""Members of a wrapper document whose elements are the records themselves."""


def _records(chunks: Chunks) -> Iterator[Units]:
    return json_stream.records(chunks, *RECORD_ARRAYS)


def _enveloped(chunks: Chunks) -> Iterator[Units]:
    return envelopes.enveloped(chunks, *RECORD_ARRAYS)


FRAMINGS: dict[str, Framing] = {
    "lines": lines.frame,
    "records": _records,
    "enveloped": _enveloped,
    "documents": json_stream.documents,
}
"""Every way of framing, in the order in which `identify` tries them."""
