"""What the fixtures of each format fill in `events`, beside what every format does."""

from __future__ import annotations

FILLED: dict[str, str] = {
    "cloudtrail": (
        "event_end error_code error_message read_only user_type user_id user_name user_arn"
        " user_account_id access_key_id session_uid source_address source_ip source_ip_num"
        " network_direction source_bytes destination_bytes user_agent_original url_domain"
        " resource_type resource_id resource_arn event_id request_id trace_id instance_id"
    ),
    "cloudtrail_digest": ("event_end resource_type resource_id"),
    "cloudtrail_insight": ("error_code event_id trace_id"),
    "config_item": ("resource_type resource_id resource_arn event_id instance_id"),
    "config_compliance": ("error_message resource_type resource_id"),
    "route53_public": (
        "error_code source_address source_ip source_ip_num network_transport"
        " dns_question_name dns_question_type dns_response_code resource_type resource_id"
    ),
    "route53_resolver": (
        "error_code source_address source_ip source_ip_num source_port network_transport"
        " dns_question_name dns_question_type dns_response_code dns_answers resource_type"
        " resource_id instance_id"
    ),
    "vpc_flow": (
        "event_end error_code source_address source_ip source_ip_num source_port"
        " destination_ip destination_ip_num destination_port network_transport"
        " network_direction source_bytes packets resource_type resource_id instance_id eni_id"
    ),
    "tgw_flow": (
        "event_end error_code user_account_id source_address source_ip source_ip_num"
        " source_port destination_ip destination_ip_num destination_port network_transport"
        " network_direction source_bytes packets resource_type resource_id eni_id"
    ),
    "s3_access": (
        "error_code read_only user_type user_id user_arn user_account_id source_address"
        " source_ip source_ip_num destination_bytes user_agent_original http_request_method"
        " http_response_status_code url_full url_domain resource_type resource_id resource_arn"
        " event_id request_id trace_id"
    ),
    "alb": (
        "error_code error_message read_only session_uid source_address source_ip"
        " source_ip_num source_port destination_ip destination_ip_num destination_port"
        " source_bytes destination_bytes user_agent_original http_request_method"
        " http_response_status_code url_full url_domain resource_type resource_id trace_id"
    ),
    "alb_connection": (
        "error_code user_id session_uid source_address source_ip source_ip_num source_port"
        " destination_port network_transport resource_type resource_id"
    ),
    "alb_health": (
        "error_code destination_ip destination_ip_num destination_port"
        " http_response_status_code resource_type resource_id resource_arn function_name"
    ),
    "nlb": (
        "error_code source_address source_ip source_ip_num source_port destination_ip"
        " destination_ip_num destination_port network_transport source_bytes destination_bytes"
        " url_domain resource_type resource_id"
    ),
    "clb": (
        "read_only source_address source_ip source_ip_num source_port destination_ip"
        " destination_ip_num destination_port source_bytes destination_bytes"
        " user_agent_original http_request_method http_response_status_code url_full"
        " url_domain resource_type resource_id"
    ),
    "cloudfront": (
        "error_code read_only session_uid source_address source_ip source_ip_num source_port"
        " source_bytes destination_bytes user_agent_original http_request_method"
        " http_response_status_code url_full url_domain resource_type resource_id event_id"
        " request_id"
    ),
    "cloudfront_realtime": (
        "error_code read_only session_uid source_address source_ip source_ip_num source_port"
        " source_bytes destination_bytes user_agent_original http_request_method"
        " http_response_status_code url_full url_domain resource_type resource_id event_id"
        " request_id"
    ),
    "cloudfront_connection": (
        "error_code user_id session_uid source_address source_ip source_ip_num source_port"
        " network_transport url_domain resource_type resource_id"
    ),
    "waf": (
        "error_code read_only source_address source_ip source_ip_num source_bytes"
        " user_agent_original http_request_method http_response_status_code url_full"
        " url_domain resource_type resource_id event_id request_id"
    ),
    "apigw_access": (
        "error_code error_message read_only user_id user_name user_arn user_account_id"
        " session_uid source_address source_ip source_ip_num destination_bytes"
        " user_agent_original http_request_method http_response_status_code url_full"
        " url_domain resource_type resource_id event_id request_id trace_id"
    ),
    "apigw_execution": (
        "error_message user_id source_address source_ip source_ip_num user_agent_original"
        " http_request_method http_response_status_code url_full url_domain resource_id"
        " event_id request_id trace_id"
    ),
    "cloudwatch": ("resource_type resource_id event_id"),
    "ssm_session": (
        "user_name user_arn user_account_id session_uid resource_type resource_id"
        " process_command_line instance_id"
    ),
    "rds_mysql_audit": (
        "error_code read_only user_name session_uid source_address source_ip source_ip_num"
        " resource_type resource_id sql_text event_id"
    ),
    "rds_mysql": (
        "error_code error_message user_name session_uid source_address source_ip"
        " source_ip_num resource_type resource_id sql_text event_id"
    ),
    "rds_postgres": (
        "error_code error_message read_only user_id user_name session_uid source_address"
        " source_ip source_ip_num source_port user_agent_original resource_type resource_id"
        " sql_text event_id"
    ),
    "rds_sqlserver": (
        "error_code error_message user_name session_uid source_address source_ip source_ip_num"
        " event_id"
    ),
    "rds_oracle": (
        "error_code user_name session_uid source_address source_ip source_ip_num source_port"
        " user_agent_original resource_type resource_id sql_text event_id"
    ),
    "rds_das": (
        "error_code error_message read_only user_name session_uid source_address source_ip"
        " source_ip_num source_port user_agent_original resource_type resource_id sql_text"
    ),
    "lambda_log": (
        "error_code error_message resource_type resource_id event_id request_id trace_id"
        " function_name"
    ),
    "host": (
        "error_code error_message user_id user_name session_uid source_address source_ip"
        " source_ip_num source_port resource_type resource_id process_command_line event_id"
        " instance_id"
    ),
}
