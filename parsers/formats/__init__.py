"""The registry: every log format this tool reads, one line each, in the order of `formats`."""

from __future__ import annotations

from parsers.contract import Format
from parsers.formats.alb import ALB
from parsers.formats.alb_connection import ALB_CONNECTION
from parsers.formats.alb_health import ALB_HEALTH
from parsers.formats.apigw_access import APIGW_ACCESS
from parsers.formats.apigw_execution import APIGW_EXECUTION
from parsers.formats.clb import CLB
from parsers.formats.cloudfront import CLOUDFRONT
from parsers.formats.cloudfront_connection import CLOUDFRONT_CONNECTION
from parsers.formats.cloudfront_realtime import CLOUDFRONT_REALTIME
from parsers.formats.cloudtrail import CLOUDTRAIL
from parsers.formats.cloudtrail_digest import CLOUDTRAIL_DIGEST
from parsers.formats.cloudtrail_insight import CLOUDTRAIL_INSIGHT
from parsers.formats.cloudwatch import CLOUDWATCH
from parsers.formats.config_compliance import CONFIG_COMPLIANCE
from parsers.formats.config_item import CONFIG_ITEM
from parsers.formats.host import HOST
from parsers.formats.lambda_log import LAMBDA_LOG
from parsers.formats.nlb import NLB
from parsers.formats.rds_das import RDS_DAS
from parsers.formats.rds_mysql import RDS_MYSQL
from parsers.formats.rds_mysql_audit import RDS_MYSQL_AUDIT
from parsers.formats.rds_oracle import RDS_ORACLE
from parsers.formats.rds_postgres import RDS_POSTGRES
from parsers.formats.rds_sqlserver import RDS_SQLSERVER
from parsers.formats.route53_public import ROUTE53_PUBLIC
from parsers.formats.route53_resolver import ROUTE53_RESOLVER
from parsers.formats.s3_access import S3_ACCESS
from parsers.formats.ssm_session import SSM_SESSION
from parsers.formats.tgw_flow import TGW_FLOW
from parsers.formats.vpc_flow import VPC_FLOW
from parsers.formats.waf import WAF

FORMATS: tuple[Format, ...] = (
    CLOUDTRAIL,
    CLOUDTRAIL_DIGEST,
    CLOUDTRAIL_INSIGHT,
    CONFIG_ITEM,
    CONFIG_COMPLIANCE,
    ROUTE53_PUBLIC,
    ROUTE53_RESOLVER,
    VPC_FLOW,
    TGW_FLOW,
    S3_ACCESS,
    ALB,
    ALB_CONNECTION,
    ALB_HEALTH,
    NLB,
    CLB,
    CLOUDFRONT,
    CLOUDFRONT_REALTIME,
    CLOUDFRONT_CONNECTION,
    WAF,
    APIGW_ACCESS,
    APIGW_EXECUTION,
    CLOUDWATCH,
    SSM_SESSION,
    RDS_MYSQL_AUDIT,
    RDS_MYSQL,
    RDS_POSTGRES,
    RDS_SQLSERVER,
    RDS_ORACLE,
    RDS_DAS,
    LAMBDA_LOG,
    HOST,
)
BY_NAME: dict[str, Format] = {declared.name: declared for declared in FORMATS}
