"""What is called in the made-up CloudTrail: services, actions, parameters and answers."""

from __future__ import annotations

from typing import Any, NamedTuple

Members = dict[str, Any]


class Call(NamedTuple):
    """One action of one service; in text, `@name@` and `#name#` are holes (see `templates`)."""

    weight: float
    service: str
    name: str
    asked: Members | None = None
    answered: Members | None = None
    additional: Members | None = None
    resources: list[Members] | None = None
    actor: str = "any"
    reads: bool = True
    data: bool = False  # a data event
    kind: str = "AwsApiCall"
    failure: tuple[str, str] | None = None  # errorCode and errorMessage
    failing: float = 0.0  # share of calls that fail so
    details: Members | None = None  # serviceEventDetails


DENIED = (
    "AccessDenied",
    (
        "User: @arn@ is not authorized to perform: @action@ on resource: @resource@"
        " because no identity-based policy allows the @action@ action"
    ),
)
NOT_FOUND = ("ResourceNotFoundException", "Requested resource not found: @resource@")
UNAUTHORIZED = (
    "Client.UnauthorizedOperation",
    (
        "You are not authorized to perform this operation. User: @arn@ is not authorized to"
        " perform: @action@ because no identity-based policy allows it."
        " Encoded authorization failure message: @cipher@"
    ),
)
BUCKET = {"accountId": "@account@", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::@bucket@"}
OBJECT = {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::@bucket@/@key@"}
KMS_KEY = {
    "accountId": "@account@",
    "type": "AWS::KMS::Key",
    "ARN": "arn:aws:kms:@region@:@account@:key/@kms@",
}
S3_HOST = "@bucket@.s3.@region@.amazonaws.com"
S3_MORE = {
    "SignatureVersion": "SigV4",
    "CipherSuite": "TLS_AES_128_GCM_SHA256",
    "bytesTransferredIn": "#little#",
    "AuthenticationMethod": "AuthHeader",
    "x-amz-id-2": "@hostid@",
    "bytesTransferredOut": "#size#",
}
CREDENTIALS = {
    "accessKeyId": "ASIA@base32@",
    "sessionToken": "@cipher@",
    "expiration": "Feb 15, 2025, 11:15:03 AM",
}
DOCUMENT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
     "Resource": ["arn:aws:s3:::@bucket@", "arn:aws:s3:::@bucket@/*"]}
  ]
}"""


def instance(number: int) -> Members:
    """One instance in the answer of RunInstances: the longest answer that is common."""
    return {
        "instanceId": f"i-@hex17@{number}",
        "imageId": "ami-0a1b2c3d4e5f60718",
        "instanceState": {"code": 0, "name": "pending"},
        "privateDnsName": "ip-10-0-1-15.@region@.compute.internal",
        "amiLaunchIndex": number,
        "productCodes": {},
        "instanceType": "m5.large",
        "launchTime": "#epoch#",
        "placement": {"availabilityZone": "@region@a", "tenancy": "default"},
        "monitoring": {"state": "disabled"},
        "subnetId": "subnet-0a1b2c3d4e5f60718",
        "vpcId": "vpc-0a1b2c3d4e5f60718",
        "privateIpAddress": "10.0.1.15",
        "groupSet": {"items": [{"groupId": "sg-0a1b2c3d4e5f60718", "groupName": "web"}]},
        "tagSet": {"items": [{"key": "Name", "value": "Größe M, web"}]},
        "networkInterfaceSet": {
            "items": [{"networkInterfaceId": "eni-@hex17@", "status": "in-use"}]
        },
        "cpuOptions": {"coreCount": 1, "threadsPerCore": 2},
        "metadataOptions": {
            "state": "pending",
            "httpTokens": "required",
            "httpEndpoint": "enabled",
        },
    }


def many(action: str, weight: float, asked: Members) -> Call:
    """A Describe call of EC2, which fails for one in fifteen."""
    return Call(weight, "ec2", action, asked, failure=UNAUTHORIZED, failing=0.07)


FILTERS = {"items": [{"name": "vpc-id", "valueSet": {"items": [{"value": "vpc-0a1b2c3d4e5f6"}]}}]}
NO_FILTER: Members = {"filterSet": {}}
SIGN_IN = {
    "MobileVersion": "No",
    "MFAUsed": "Yes",
    "LoginTo": "https://console.aws.amazon.com/home",
}

CALLS: tuple[Call, ...] = (
    many("DescribeInstances", 60, {"maxResults": 1000, "instancesSet": {}, "filterSet": FILTERS}),
    many("DescribeSecurityGroups", 30, {"securityGroupSet": {}, "filterSet": FILTERS}),
    many("DescribeNetworkInterfaces", 40, {"networkInterfaceIdSet": {}, "filterSet": FILTERS}),
    many("DescribeVolumes", 20, {"volumeSet": {}, **NO_FILTER}),
    many("DescribeTags", 30, {"maxResults": 1000, **NO_FILTER}),
    Call(
        70, "sts", "AssumeRole",
        {
            "roleArn": "arn:aws:iam::@account@:role/@role@",
            "roleSessionName": "i-@hex17@",
            "durationSeconds": 3600,
        },
        {
            "credentials": CREDENTIALS,
            "assumedRoleUser": {
                "assumedRoleId": "AROA@base32@:i-@hex17@",
                "arn": "arn:aws:sts::@account@:assumed-role/@role@/i-@hex17@",
            },
        },
        resources=[{"accountId": "@account@", "type": "AWS::IAM::Role",
                    "ARN": "arn:aws:iam::@account@:role/@role@"}],
        actor="service",
    ),
    Call(
        12, "sts", "AssumeRole",
        {"roleArn": "arn:aws:iam::@account@:role/@role@", "roleSessionName": "audit"},
        {"credentials": CREDENTIALS},
        actor="foreign", failure=DENIED, failing=0.2,
    ),
    Call(
        15, "sts", "AssumeRoleWithWebIdentity",
        {"roleArn": "arn:aws:iam::@account@:role/@role@", "roleSessionName": "api-@hex17@"},
        {
            "credentials": CREDENTIALS,
            "subjectFromWebIdentityToken": "system:serviceaccount:apps:api",
            "provider": "arn:aws:iam::@account@:oidc-provider/oidc.example.com",
            "audience": "sts.amazonaws.com",
        },
        actor="web",
    ),
    Call(30, "sts", "GetCallerIdentity"),
    Call(
        60, "kms", "Decrypt",
        {
            "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "encryptionContext": {"aws:s3:arn": "arn:aws:s3:::@bucket@/@key@"},
        },
        resources=[KMS_KEY], failure=DENIED, failing=0.05,
    ),
    Call(
        30, "kms", "GenerateDataKey",
        {"keyId": "arn:aws:kms:@region@:@account@:key/@kms@", "keySpec": "AES_256"},
        resources=[KMS_KEY],
    ),
    Call(8, "iam", "ListUsers", {"maxItems": 1000}, failure=DENIED, failing=0.1),
    Call(15, "iam", "GetRole", {"roleName": "@role@"}, failure=DENIED, failing=0.3),
    Call(8, "iam", "ListAttachedRolePolicies", {"roleName": "@role@"}),
    Call(12, "s3", "GetBucketAcl", {"bucketName": "@bucket@", "Host": S3_HOST, "acl": ""},
         additional=S3_MORE, resources=[BUCKET]),
    Call(10, "s3", "GetBucketPolicy", {"bucketName": "@bucket@", "Host": S3_HOST, "policy": ""},
         additional=S3_MORE, resources=[BUCKET],
         failure=("NoSuchBucketPolicy", "The bucket policy does not exist"), failing=0.6),
    Call(6, "s3", "ListBuckets", {"Host": "s3.amazonaws.com"}, additional=S3_MORE, actor="person"),
    Call(90, "s3", "GetObject", {"bucketName": "@bucket@", "Host": S3_HOST, "key": "@key@"},
         additional=S3_MORE, resources=[OBJECT, BUCKET], data=True, failure=DENIED, failing=0.08),
    Call(40, "s3", "PutObject", {"bucketName": "@bucket@", "Host": S3_HOST, "key": "@key@"},
         {"x-amz-server-side-encryption": "AES256"},
         S3_MORE, [OBJECT, BUCKET], reads=False, data=True),
    Call(25, "s3", "HeadObject", {"bucketName": "@bucket@", "Host": S3_HOST, "key": "@key@"},
         additional=S3_MORE, resources=[OBJECT, BUCKET], data=True,
         failure=("NoSuchKey", "The specified key does not exist."), failing=0.5),
    Call(20, "s3", "ListObjects",
         {"list-type": "2", "bucketName": "@bucket@", "Host": S3_HOST, "prefix": "@key@"},
         additional=S3_MORE,
         resources=[{"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::@bucket@/"}, BUCKET],
         data=True),
    Call(5, "s3", "DeleteObject", {"bucketName": "@bucket@", "Host": S3_HOST, "key": "@key@"},
         additional=S3_MORE, resources=[OBJECT, BUCKET], reads=False, data=True),
    Call(20, "lambda", "Invoke",
         {"functionName": "arn:aws:lambda:@region@:@account@:function:@role@",
          "invocationType": "Event"},
         additional={"functionVersion": "arn:aws:lambda:@region@:@account@:function:@role@:7"},
         resources=[{"accountId": "@account@", "type": "AWS::Lambda::Function",
                     "ARN": "arn:aws:lambda:@region@:@account@:function:@role@"}],
         reads=False, data=True, actor="service"),
    Call(10, "lambda", "GetFunction20150331v2", {"functionName": "@role@"}),
    Call(20, "logs", "DescribeLogStreams",
         {"logGroupName": "/aws/lambda/@role@", "orderBy": "LastEventTime", "descending": True}),
    Call(40, "logs", "CreateLogStream",
         {"logGroupName": "/aws/lambda/@role@", "logStreamName": "2025/02/15/[$LATEST]@hex17@"},
         reads=False, failure=NOT_FOUND, failing=0.1),
    Call(15, "monitoring", "DescribeAlarms", {"maxRecords": 100}),
    Call(25, "elasticloadbalancing", "DescribeTargetHealth",
         {"targetGroupArn":
          "arn:aws:elasticloadbalancing:@region@:@account@:targetgroup/web/aabb0011ccdd2233"},
         actor="service"),
    Call(40, "ssm", "UpdateInstanceInformation",
         {"instanceId": "i-@hex17@", "agentVersion": "3.2.2303.0", "agentStatus": "Active",
          "platformType": "Linux", "platformName": "Amazon Linux", "iPAddress": "10.0.1.15",
          "computerName": "ip-10-0-1-15.@region@.compute.internal"},
         {}, reads=False),
    Call(12, "ssm", "GetParameters", {"names": ["/app/@role@/db", "/app/@role@/queue"],
                                      "withDecryption": True}, failure=DENIED, failing=0.1),
    Call(10, "secretsmanager", "GetSecretValue",
         {"secretId": "arn:aws:secretsmanager:@region@:@account@:secret:@role@-AbCdEf"},
         failure=DENIED, failing=0.1),
    Call(20, "dynamodb", "DescribeTable", {"tableName": "@role@-orders"},
         resources=[{"accountId": "@account@", "type": "AWS::DynamoDB::Table",
                     "ARN": "arn:aws:dynamodb:@region@:@account@:table/@role@-orders"}],
         failure=NOT_FOUND, failing=0.15),
    Call(10, "rds", "DescribeDBInstances", {"maxRecords": 100}),
    Call(12, "ecr", "BatchGetImage",
         {"registryId": "@account@", "repositoryName": "apps/@role@",
          "imageIds": [{"imageTag": "v1.2.3"}],
          "acceptedMediaTypes": ["application/vnd.docker.distribution.manifest.v2+json"]},
         resources=[{"accountId": "@account@",
                     "ARN": "arn:aws:ecr:@region@:@account@:repository/apps/@role@"}]),
    Call(4, "cloudtrail", "LookupEvents", {"maxResults": 50}, actor="person"),
    Call(3, "ec2", "RunInstances",
         {"instancesSet": {"items": [{"imageId": "ami-0a1b2c3d4e5f60718", "minCount": 1,
                                      "maxCount": 1}]},
          "instanceType": "m5.large", "userData": "<sensitiveDataRemoved>",
          "disableApiTermination": False, "clientToken": "@cipher@"},
         {"requestId": "@guid@", "reservationId": "r-@hex17@", "ownerId": "@account@",
          "instancesSet": {"items": [instance(0), instance(1)]}},
         reads=False, failure=UNAUTHORIZED, failing=0.2),
    Call(4, "ec2", "CreateTags",
         {"resourcesSet": {"items": [{"resourceId": "i-@hex17@"}]},
          "tagSet": {"items": [{"key": "aws:autoscaling:groupName", "value": "web"}]}},
         {"_return": True}, reads=False),
    Call(2, "ec2", "AuthorizeSecurityGroupIngress",
         {"groupId": "sg-0a1b2c3d4e5f60718", "ipPermissions": {"items": [
             {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22,
              "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}, "groups": {}}]}},
         {"_return": True}, reads=False, actor="person"),
    Call(2, "iam", "CreateAccessKey", {"userName": "svc-@role@"},
         {"accessKey": {"userName": "svc-@role@", "accessKeyId": "AKIA@base32@",
                        "status": "Active", "createDate": "Feb 15, 2025, 10:00:03 AM"}},
         reads=False, actor="person", failure=DENIED, failing=0.3),
    Call(2, "iam", "PutRolePolicy",
         {"roleName": "@role@", "policyName": "inline", "policyDocument": DOCUMENT},
         reads=False, actor="user"),
    Call(1, "cloudtrail", "StopLogging", {"name": "management"}, reads=False, actor="user",
         failure=DENIED, failing=0.5),
    Call(3, "signin", "ConsoleLogin", None, {"ConsoleLogin": "Success"}, SIGN_IN, actor="user",
         kind="AwsConsoleSignIn", reads=False),
    Call(1, "signin", "ConsoleLogin", None, {"ConsoleLogin": "Failure"}, SIGN_IN, actor="root",
         kind="AwsConsoleSignIn", reads=False),
    Call(1, "signin", "CheckMfa", None, {"CheckMfa": "Success"}, {"MfaType": "U2F MFA"},
         actor="root", kind="AwsConsoleSignIn", reads=False),
    Call(2, "kms", "RotateKey", None, None, None, [KMS_KEY], actor="internal", reads=False,
         kind="AwsServiceEvent", details={"keyId": "@kms@"}),
)  # fmt: skip
