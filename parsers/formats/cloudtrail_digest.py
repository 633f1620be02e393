"""CloudTrail digest files: one JSON object per hour, chained, with the hashes of the logs."""

from __future__ import annotations

from parsers.contract import Column, spelt, structs, text, time
from parsers.engines.typed_json import TypedJson

_DOCUMENTED = {"digestPublicKeyFingerprint": "publicKeyFingerprint"}


def _documented(member: str) -> str:
    """The guide's heading names the fingerprint otherwise than the files do."""
    return _DOCUMENTED.get(member, member)


_COLUMNS: tuple[Column, ...] = (
    text("awsAccountId", "Account the trail belongs to.", "account"),
    time("digestStartTime", "Start of the hour whose deliveries are covered."),
    time("digestEndTime", "End of that hour; as written it is part of what is signed."),
    text("digestS3Bucket", "Bucket the digest was delivered to.", "bucket"),
    text("digestS3Object", "Key the digest was delivered under.", "object_key"),
    text("digestPublicKeyFingerprint", "Which public key its signature verifies with."),
    text("digestSignatureAlgorithm", "SHA256withRSA."),
    time("newestEventTime", "Newest event in the logs listed."),
    time("oldestEventTime", "Oldest event in the logs listed."),
    text("previousDigestS3Bucket", "Bucket of the digest before; absent in the first of a chain."),
    text("previousDigestS3Object", "Key of the digest before.", "object_key"),
    text("previousDigestHashValue", "SHA-256 of the digest before, uncompressed."),
    text("previousDigestHashAlgorithm", "SHA-256."),
    text("previousDigestSignature", "Signature of the digest before."),
    structs(
        "logFiles",
        "Log files delivered in that hour.",
        text("s3Bucket", "Bucket of the log.", "bucket"),
        text("s3Object", "Key of the log.", "object_key"),
        text("hashValue", "SHA-256 of the log, uncompressed."),
        text("hashAlgorithm", "SHA-256."),
        time("newestEventTime", "Newest event in the log."),
        time("oldestEventTime", "Oldest event in the log."),
    ),
)

CLOUDTRAIL_DIGEST = TypedJson(
    name="cloudtrail_digest",
    about="What CloudTrail delivered in an hour, hash by hash: the proof that logs are whole.",
    reference="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html",
    columns=spelt(_COLUMNS, _documented),
    anchors=("digestEndTime", "digestS3Object", "previousDigestSignature", "logFiles"),
    requires=(frozenset({"digestEndTime", "digestS3Object"}),),
    unique=(
        "digestStartTime",
        "digestEndTime",
        "digestS3Object",
        "previousDigestHashValue",
        "previousDigestSignature",
        "logFiles",
    ),
)
