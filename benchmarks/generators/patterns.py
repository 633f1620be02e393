"""Logs of free text, and of objects around it: Lambda, hosts, databases, shell sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.generators.columns import (
    THOUSAND,
    Column,
    constant,
    join,
    moments,
    six_digits,
    whole,
)
from benchmarks.generators.delivery import Delivery, LogFormat, Span
from benchmarks.generators.templates import mixed_lines

Kinds = Sequence[tuple[float, "dict[str, Any] | str"]]
USERS = ("app", "reporting", "alice", "bob", "rdsadmin", "ec2-user")
WORDS = (
    "order accepted", "cache miss for customer 4711", "GET /v1/orders 200 in 12 ms",
    "retrying after a timeout of the payment service", "user signed in", "nothing to do",
)  # fmt: skip
STATEMENTS = (
    "SELECT id, name FROM customers WHERE region = 4", "UPDATE orders SET state = 2 WHERE id = 17",
    "INSERT INTO audit VALUES (1, 2, 3)", "COMMIT", "SELECT 1",
)  # fmt: skip
COMMANDS = ("ls -la", "sudo id", "cat /etc/hosts", "systemctl status sshd", "cd /tmp", "whoami")


def holes(span: Span) -> dict[str, Column]:
    """What fills each hole of any of these logs."""
    noise, seconds = span.noise, span.seconds
    milliseconds = THOUSAND.take(noise.below(1000))
    day_and_time = moments(seconds, "%Y-%m-%dT%H:%M:%S")
    return {
        "iso": join(day_and_time, constant("."), milliseconds, constant("Z")),
        "stamp": moments(seconds, "%b %d %H:%M:%S"),
        "space": moments(seconds, "%Y-%m-%d %H:%M:%S"),
        "compact": moments(seconds, "%Y%m%d %H:%M:%S"),
        "micro": join(whole(seconds), six_digits(noise.below(10**6))),
        "id": noise.guid(),
        "number": whole(noise.below(100_000)),
        "small": whole(noise.between(1, 999)),
        "host": noise.pick([f"ip-10-0-0-{each}" for each in range(40)]),
        "user": noise.pick(USERS),
        "outside": noise.outside_address(),
        "port": noise.port(),
        "words": noise.pick(WORDS),
        "sql": noise.pick(STATEMENTS),
        "command": noise.pick(COMMANDS),
        "hex": noise.word(12),
    }


def log(name: str, kinds: Kinds, key: str, opening: str = "") -> LogFormat:
    """A log of these kinds of lines, drawn by weight."""

    def named(delivery: Delivery) -> str:
        return f"{name}/{delivery.word(8)}-{delivery.number}/{key}.gz"

    def units(span: Span) -> Column:
        return mixed_lines(span.noise, kinds, holes(span))

    return LogFormat(name, units, named, opening=opening.encode())


_REPORT = (
    "REPORT RequestId: @id@\tDuration: @small@.12 ms\tBilled Duration: @small@ ms\t"
    "Memory Size: 512 MB\tMax Memory Used: 96 MB\t"
)
LAMBDA_TEXT = log(
    "lambda_log",
    (
        (20, "START RequestId: @id@ Version: $LATEST"),
        (20, "END RequestId: @id@"),
        (18, _REPORT),
        (2, _REPORT + "Init Duration: @small@.50 ms\t"),
        (20, "[INFO]\t@iso@\t@id@\t@words@"),
        (15, "@iso@\t@id@\tINFO\t@words@"),
        (5, "plain words: @words@ @number@"),
    ),
    "function.log",
)
_PLATFORM = {"time": "@iso@", "type": "platform.report"}
LAMBDA_JSON = log(
    "lambda_json",
    (
        (20, {"time": "@iso@", "type": "platform.start",
              "record": {"requestId": "@id@", "version": "$LATEST"}}),
        (20, _PLATFORM | {"record": {
            "requestId": "@id@", "status": "success",
            "metrics": {"durationMs": "#small#", "billedDurationMs": "#small#",
                        "memorySizeMB": 512, "maxMemoryUsedMB": 96}}}),
        (40, {"timestamp": "@iso@", "level": "INFO", "message": "@words@", "logger": "root",
              "requestId": "@id@"}),
        (20, {"timestamp": "@iso@", "level": "WARN", "requestId": "@id@", "message": "@words@",
              "order": "#number#"}),
    ),
    "function.jsonl",
)  # fmt: skip
_SSH, _CLIENT = "@stamp@ @host@ sshd[@small@]: ", "from @outside@ port @port@"
_SUDO = "@stamp@ @host@ sudo:   @user@ : TTY=pts/0 ; PWD=/home ; "
_CRON = "@stamp@ @host@ CRON[@small@]: pam_unix(cron:session):"
SYSLOG = log(
    "host_syslog",
    (
        (15, f"{_SSH}Accepted publickey for @user@ {_CLIENT} ssh2: ED25519 SHA256:@hex@"),
        (25, f"{_SSH}Failed password for invalid user @user@ {_CLIENT} ssh2"),
        (10, f"{_SUDO}USER=root ; COMMAND=/usr/bin/@command@"),
        (15, f"{_CRON} session opened for user root(uid=0) by (uid=0)"),
        (35, "@stamp@ @host@ app[@small@]: @words@"),
    ),
    "secure",
)
_ENTRY = {
    "__REALTIME_TIMESTAMP": "@micro@", "_HOSTNAME": "@host@", "SYSLOG_IDENTIFIER": "sshd",
    "_PID": "@small@", "_UID": "0", "_COMM": "sshd", "_EXE": "/usr/sbin/sshd",
    "_CMDLINE": "sshd: @user@", "_SYSTEMD_UNIT": "sshd.service", "PRIORITY": "6",
    "_BOOT_ID": "0123456789abcdef0123456789abcdef", "_TRANSPORT": "syslog",
    "_MACHINE_ID": "fedcba9876543210fedcba9876543210",
}  # fmt: skip
JOURNAL = log(
    "host_journal",
    (
        (50, _ENTRY | {"MESSAGE": "Failed password for root from @outside@ port @port@ ssh2"}),
        (50, _ENTRY | {"MESSAGE": "@words@"}),
    ),
    "journal.json",
)
_AUDIT = "@compact@,ip-10-0-0-5,@user@,@outside@,@small@"
MYSQL_AUDIT = log(
    "rds_mysql_audit",
    (
        (60, _AUDIT + ",@number@,QUERY,shop,'@sql@',0"),
        (20, _AUDIT + ",@number@,READ,shop,orders,"),
        (10, _AUDIT + ",0,CONNECT,shop,,0"),
        (10, _AUDIT + ",0,DISCONNECT,shop,,0"),
    ),
    "server_audit.log",
)
_LOG = "@space@ UTC:@outside@(@port@):@user@@shop:[@number@]:"
POSTGRES = log(
    "rds_postgres",
    (
        (50, _LOG + "LOG:  statement: @sql@"),
        (15, _LOG + "LOG:  duration: @small@.123 ms"),
        (10, _LOG + "LOG:  connection authorized: user=@user@ database=shop"),
        (10, _LOG + "LOG:  connection received: host=@outside@ port=@port@"),
        (10, _LOG + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.orders,@sql@,<not logged>"),
        (5, _LOG + 'ERROR:  relation "@hex@" does not exist'),
    ),
    "postgresql.log",
)
SESSION = log(
    "ssm_session",
    (
        (20, "sh-5.2$ @command@ @hex@"),
        (10, "[@user@@@host@ ~]$ @command@ @hex@"),
        (70, "drwxr-xr-x 2 root root 4096 @words@ @hex@"),
    ),
    "alice-0a1b2c3d4e5f60718.log",
    opening="Script started on 2024-01-01 12:40:00+00:00\n",
)
PATTERNS = (LAMBDA_TEXT, LAMBDA_JSON, SYSLOG, JOURNAL, MYSQL_AUDIT, POSTGRES, SESSION)
