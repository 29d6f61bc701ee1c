//! What each finding says, in a table that people can read.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::table::all;
use crate::readiness::*;
use crate::wire::ReadinessView;

const TABLE: &str = include_str!("../../../tests/golden/readiness.md");
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/readiness.md");

const HEAD: &str = "\
# What the doctor finds

Made by `UPDATE_GOLDEN=1 cargo test -p rules readiness`, and compared by every test run. Each row \
is a sound set-up with the one change that its first column names, and what is then found: exactly \
this. Words in capitals stand for what only the reader can name.

| broken | code | says | next | command |
|---|---|---|---|---|
";

/// Lists the codes by the variants that they belong to. The matches are exhaustive, so a variant
/// that is new has to be listed, and then needs a row.
macro_rules! codes {
    ($($fault:ident { $($variant:ident => $code:literal,)* })*) => {
        const CODES: &[&str] = &[$($($code),*),*];

        fn code(finding: &Finding) -> &'static str {
            codes!(@match finding; $($fault { $($variant => $code,)* })*)
        }
    };
    (@match $finding:ident;
        $agent:ident $agents:tt $role:ident $roles:tt $dns:ident $dnss:tt
        $endpoint:ident $endpoints:tt $way:ident $ways:tt $document:ident $documents:tt
        $log:ident $logs:tt $key:ident $keys:tt
    ) => {
        match $finding {
            Finding::Agent(fault) => codes!(@fault fault; $agent $agents),
            Finding::Role(fault) => codes!(@fault fault; $role $roles),
            Finding::Dns(fault) => codes!(@fault fault; $dns $dnss),
            Finding::Endpoint(fault) => codes!(@fault fault; $endpoint $endpoints),
            Finding::WayOut(fault) => codes!(@fault fault; $way $ways),
            Finding::Document(fault) => codes!(@fault fault; $document $documents),
            Finding::Log(fault) => codes!(@fault fault; $log $logs),
            Finding::Key(fault) => codes!(@fault fault; $key $keys),
        }
    };
    (@fault $of:ident; $fault:ident { $($variant:ident => $code:literal,)* }) => {
        match $of {
            $($fault::$variant { .. } => $code,)*
        }
    };
}

codes! {
    AgentFault {
        InstanceMissing => "instance-missing",
        InstanceNotRunning => "instance-not-running",
        MetadataOff => "metadata-off",
        AdvancedTierOff => "advanced-tier-off",
        AgentNotRegistered => "agent-not-registered",
        AgentSilent => "agent-silent",
        AgentNotConnected => "agent-not-connected",
        AgentTooOldForPorts => "agent-too-old-for-ports",
    }
    RoleFault {
        NoRole => "no-instance-role",
        ProfileEmpty => "instance-profile-empty",
        NotTrusted => "role-not-trusted",
        LacksAgentActions => "role-lacks-agent-actions",
        TooOldForHostManagement => "agent-too-old-for-host-management",
    }
    DnsFault {
        SupportOff => "dns-support-off",
        HostnamesOff => "dns-hostnames-off",
    }
    EndpointFault {
        Missing => "endpoint-missing",
        NotAvailable => "endpoint-not-available",
        PrivateDnsOff => "private-dns-off",
        GroupClosed => "endpoint-security-group-closed",
        PolicyDenies => "endpoint-policy-denies",
        AclBlocksRequests => "endpoint-acl-blocks-requests",
        AclBlocksAnswers => "endpoint-acl-blocks-answers",
        S3Missing => "s3-endpoint-missing",
        S3NotRouted => "s3-endpoint-not-routed",
    }
    WayOutFault {
        NoWayOut => "no-way-out",
        RouteBlackhole => "route-blackhole",
        NatNotAvailable => "nat-not-available",
        NatWithoutInternet => "nat-without-internet",
        NoPublicAddress => "no-public-address",
        EgressClosed => "egress-closed",
        EgressMissesEndpoint => "egress-misses-endpoint",
        EgressMissesInternet => "egress-misses-internet",
        EgressMissesS3 => "egress-misses-s3",
        AclBlocksRequests => "acl-blocks-requests",
        AclBlocksAnswers => "acl-blocks-answers",
    }
    DocumentFault {
        Missing => "document-missing",
        LogElsewhere => "document-logs-elsewhere",
        EncryptionOff => "document-encryption-off",
        OtherKey => "document-other-key",
    }
    LogFault {
        BucketMissing => "log-bucket-missing",
        OtherRegion => "log-bucket-in-other-region",
        Dsse => "log-bucket-dsse",
        RoleLacksEncryptionRead => "role-lacks-encryption-read",
        RoleLacksWrite => "role-lacks-log-write",
        PolicyDenies => "bucket-policy-denies",
        PolicySilent => "bucket-policy-silent",
    }
    KeyFault {
        Disabled => "key-disabled",
        PolicyDenies => "key-policy-denies",
        RoleLacksActions => "role-lacks-key-actions",
        NotAcrossAccounts => "key-not-across-accounts",
    }
}

#[test]
fn every_code_is_its_own_and_has_a_row() {
    let rows: BTreeSet<&str> = all().map(|broken| broken.code).collect();
    let codes: BTreeSet<&str> = CODES.iter().copied().collect();
    assert_eq!(codes.len(), CODES.len());
    assert_eq!(rows, codes);
    for broken in all() {
        for finding in broken.setup().report().findings() {
            assert_eq!(finding.code(), code(finding));
        }
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the file is rewritten when somebody asks for it"
)]
fn each_finding_says_what_the_table_says() {
    let mut table = HEAD.to_owned();
    for broken in all() {
        let setup = broken.setup();
        let report = setup.report();
        let view = ReadinessView::of(&report, &setup.place);
        let first = view.findings.first().unwrap();
        let command = first.command.replace('|', r"\|");
        writeln!(
            table,
            "| {} | {} | {} | {} | `{command}` |",
            broken.name, first.code, first.says, first.next
        )
        .unwrap();
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(PATH, &table).unwrap();
    } else {
        assert_eq!(
            table, TABLE,
            "run with UPDATE_GOLDEN=1 and read the difference"
        );
    }
}
