--| title = "One request through all layers"
--| question = "Which records of the content network, firewall, balancer, function and API belong to one request?"
--| tables = ["events"]
--| tier = "should"
--| signal = "none"
--| time = "time"
--| services = "all"
--| hit = "Every record that carries the id, in order."
--| benign = ["Retries carry the same id"]
--| limits = ["Layers pass ids on only where they are set up to: the trace id of a balancer (Root=…) reaches functions by X-Ray alone"]
--| pivots = ["around {ref}"]
--| reference = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html"
--| [params.id]
--| type = "text"
--| about = "a request id, trace id or event id, or the part of it that all layers share"

SELECT
    event_time AS time, event_dataset AS log, event_provider AS provider, event_action AS action,
    event_outcome AS outcome, http_response_status_code AS status, source_address AS address,
    request_id, trace_id, message, ref
FROM events
WHERE request_id = $id OR event_id = $id OR trace_id = $id
    OR contains(trace_id, $id) OR contains(request_id, $id)
ORDER BY time NULLS LAST, source_id, record_no
