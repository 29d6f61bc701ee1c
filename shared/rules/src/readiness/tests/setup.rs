//! Set-ups in which everything is as it should be.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::*;
use crate::facts::{Ping, Platform};
use crate::session_document::{DocumentSpec, SessionDocument, User};

pub(super) const SSM_GROUP: &str = "sg-0000000000000e0e0";
pub(super) const OWN_GROUP: &str = "sg-00000000000001010";
pub(super) const OWN_SUBNET: &str = "subnet-0000000000000000a";
pub(super) const ENDPOINT_SUBNET: &str = "subnet-0000000000000000b";
pub(super) const S3_LIST: &str = "pl-0000000000000003f";
pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/Web";
const KEY: &str = "arn:aws:kms:ap-northeast-2:111122223333:key/00000000-0000-4000-8000-00000000000";

/// What may be changed.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) facts: Facts,
    pub(super) place: Place,
    pub(super) kinds: Vec<AccessKind>,
}

/// The sorts of sound set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// In a private subnet, with endpoints and nothing else.
    Endpoints,
    /// The same, with an agent that still wants `ec2messages`, and for shells only.
    OldAgent,
    /// In a private subnet, with a NAT gateway and no endpoints.
    Nat,
    /// With endpoints and a NAT gateway.
    Both,
    /// In a public subnet, with a public address and no endpoints.
    Public,
    /// With endpoints, and a role by Default Host Management.
    HostManagement,
    /// A machine elsewhere.
    Hybrid,
    /// The log bucket belongs to another account, whose policy lets the role write.
    OtherAccount,
    /// Behind a transit gateway, with an agent that is connected.
    Transit,
}

impl Base {
    pub(super) const ALL: [Self; 9] = [
        Self::Endpoints,
        Self::OldAgent,
        Self::Nat,
        Self::Both,
        Self::Public,
        Self::HostManagement,
        Self::Hybrid,
        Self::OtherAccount,
        Self::Transit,
    ];
}

fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(super) fn place() -> Place {
    serde_json::from_value(json!({
        "account": "111122223333",
        "region": "ap-northeast-2",
        "access_role": "arn:aws:iam::111122223333:role/PosternAccess",
        "log_bucket": "postern-logs",
        "log_prefix": "sessions",
        "session_key": key_arn(KeyUse::Session).id(),
        "kinds": kinds(),
    }))
    .unwrap()
}

fn kinds() -> Value {
    json!([
        { "type": "shell" },
        { "type": "command", "name": "restart-nginx" },
        { "type": "port", "host": "localhost", "port": 5432 },
    ])
}

pub(super) fn key_arn(purpose: KeyUse) -> KeyArn {
    match purpose {
        KeyUse::Log => read(&format!("{KEY}1")),
        KeyUse::Session => read(&format!("{KEY}2")),
    }
}

/// A key whose policy leaves it to the account, as the console makes them.
fn key(purpose: KeyUse) -> Key {
    Key {
        arn: key_arn(purpose),
        enabled: true,
        policy: json!({ "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
            "Action": "kms:*", "Resource": "*",
        }]}),
    }
}

fn role(target: &Target, place: &Place) -> Role {
    let keys = [KeyUse::Log, KeyUse::Session].map(|purpose| (purpose, key_arn(purpose)));
    let questions = to_simulate(target, place, &keys);
    Role {
        arn: read(ROLE),
        trusted: Fact::Known(true),
        simulated: Fact::Known(
            questions
                .into_iter()
                .map(|(action, resource)| Simulated {
                    action,
                    resource,
                    decision: Fact::Known(Decision::Allowed),
                })
                .collect(),
        ),
    }
}

pub(super) fn open_policy() -> Value {
    json!({ "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
    }]})
}

fn interface(service: Service, number: u8) -> Endpoint {
    Endpoint {
        id: read(&format!("vpce-000000000000000{number:02}")),
        service,
        state: EndpointState::Available,
        policy: open_policy(),
        form: EndpointForm::Interface {
            private_dns: true,
            groups: vec![read(SSM_GROUP)],
            interfaces: Fact::Known(vec![Interface {
                subnet: read(ENDPOINT_SUBNET),
                address: read(&format!("10.0.2.{number}")),
            }]),
        },
    }
}

pub(super) fn s3_gateway() -> Endpoint {
    Endpoint {
        id: read("vpce-00000000000000033"),
        service: Service::S3,
        state: EndpointState::Available,
        policy: open_policy(),
        form: EndpointForm::Gateway,
    }
}

pub(super) fn https(peer: GroupPeer) -> GroupRule {
    GroupRule {
        traffic: Traffic::Tcp(PortRange::HTTPS),
        peer,
    }
}

pub(super) fn block(text: &str) -> GroupPeer {
    GroupPeer::Block(read(text))
}

/// As narrow as it can be without being in the way.
fn acl(id: &str) -> NetworkAcl {
    let entry = |number, direction, first, last, block: &str| AclEntry {
        number,
        direction,
        allows: true,
        traffic: Traffic::Tcp(PortRange::new(first, last).unwrap()),
        block: read(block),
    };
    NetworkAcl {
        id: read(id),
        entries: vec![
            entry(100, Direction::Out, 443, 443, "0.0.0.0/0"),
            entry(110, Direction::Out, 32_768, 65_535, "10.0.0.0/16"),
            entry(100, Direction::In, 443, 443, "10.0.0.0/16"),
            entry(110, Direction::In, 32_768, 65_535, "0.0.0.0/0"),
        ],
    }
}

pub(super) fn route(destination: &str, target: RouteTarget) -> Route {
    Route {
        destination: RouteDestination::Block(read(destination)),
        target,
        active: true,
    }
}

fn network() -> Network {
    let own = SecurityGroup {
        ingress: Vec::new(),
        egress: vec![
            https(GroupPeer::Group(read(SSM_GROUP))),
            https(GroupPeer::List(read(S3_LIST))),
        ],
    };
    let endpoints = SecurityGroup {
        ingress: vec![https(block("10.0.1.0/24"))],
        egress: Vec::new(),
    };
    let gateway = s3_gateway();
    let to_s3 = Route {
        destination: RouteDestination::List(read(S3_LIST)),
        target: RouteTarget::Endpoint(gateway.id.clone()),
        active: true,
    };
    Network {
        dns_support: Fact::Known(true),
        dns_hostnames: Fact::Known(true),
        resolver: Fact::Known(Resolver::Amazon),
        endpoints: Fact::Known(vec![
            interface(Service::Ssm, 11),
            interface(Service::SsmMessages, 12),
            interface(Service::Kms, 13),
            gateway,
        ]),
        routes: Fact::Known(RouteTable {
            id: read("rtb-00000000000000001"),
            routes: vec![route("10.0.0.0/16", RouteTarget::Local), to_s3],
        }),
        groups: vec![read(OWN_GROUP)],
        rules: Fact::Known(BTreeMap::from([
            (read(OWN_GROUP), own),
            (read(SSM_GROUP), endpoints),
        ])),
        acls: Fact::Known(BTreeMap::from([
            (read(OWN_SUBNET), acl("acl-0000000000000000a")),
            (read(ENDPOINT_SUBNET), acl("acl-0000000000000000b")),
        ])),
    }
}

fn documents(
    place: &Place,
    kinds: &[AccessKind],
) -> BTreeMap<crate::names::DocumentName, Fact<Option<DocumentInputs>>> {
    let logged = |name: &str| !name.starts_with("Postern-Port") && name != "Postern-Ssh";
    let spec = DocumentSpec::from(place);
    let shell = SessionDocument::shells(User::Usual).next().unwrap();
    documents_to_read(place, kinds)
        .into_iter()
        .map(|name| {
            let content = if logged(name.as_str()) {
                shell.content(&spec)
            } else {
                SessionDocument::Ssh.content(&spec)
            };
            (
                name,
                Fact::Known(Some(DocumentInputs::read(&content).unwrap())),
            )
        })
        .collect()
}

impl Setup {
    pub(super) fn of(base: Base) -> Self {
        let mut setup = Self::private();
        match base {
            Base::Endpoints => {}
            Base::OldAgent => {
                setup.kinds = vec![AccessKind::Shell {}];
                setup.agent(|agent| agent.version = "3.3.30.0".into());
                setup.network(|network| {
                    let Fact::Known(endpoints) = &mut network.endpoints else {
                        return;
                    };
                    endpoints.push(interface(Service::Ec2Messages, 14));
                });
            }
            Base::Nat => setup.lead_out(true),
            Base::Both => setup.lead_out(false),
            Base::Public => {
                setup.lead_out(true);
                setup.instance(|instance| instance.public_address = Some(read("198.51.100.7")));
                setup.default_route(RouteTarget::Internet(read("igw-00000000000000001")));
            }
            Base::HostManagement => {
                let role = role(&setup.facts.target, &setup.place);
                setup.instance(|instance| {
                    instance.profile = None;
                    instance.host_management = Fact::Known(Some(role));
                });
            }
            Base::Hybrid => {
                setup.facts.target = read("111122223333/ap-northeast-2/mi-0123456789abcdef0");
                setup.facts.machine = Machine::Hybrid {
                    advanced_tier: Fact::Known(true),
                    role: Fact::Known(role(&setup.facts.target, &setup.place)),
                };
            }
            Base::OtherAccount => setup.bucket(|bucket| {
                bucket.owner = Fact::Known(read("444455556666"));
                bucket.encryption = Fact::Known(Encryption::Aes256);
                bucket.policy = Fact::Known(Some(json!({ "Statement": [{
                    "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
                    "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetEncryptionConfiguration"],
                    "Resource": ["arn:aws:s3:::postern-logs", "arn:aws:s3:::postern-logs/*"],
                }]})));
            }),
            Base::Transit => {
                setup.place.session_key = None;
                setup.facts.session_key = None;
                setup.facts.documents = documents(&setup.place, &setup.kinds);
                setup.lead_out(false);
                setup.network(|network| {
                    let Fact::Known(endpoints) = &mut network.endpoints else {
                        return;
                    };
                    endpoints.retain(|endpoint| endpoint.service == Service::S3);
                });
                setup.default_route(RouteTarget::Beyond(read("tgw-00000000000000001")));
            }
        }
        setup
    }

    fn private() -> Self {
        let place = place();
        let kinds: Vec<AccessKind> = serde_json::from_value(kinds()).unwrap();
        let target: Target = read("111122223333/ap-northeast-2/i-0123456789abcdef0");
        let instance = Instance {
            state: InstanceState::Running,
            vpc: read("vpc-00000000000000001"),
            subnet: read(OWN_SUBNET),
            private_address: read("10.0.1.7"),
            public_address: None,
            metadata: true,
            profile: Some(Fact::Known(Profile {
                name: read("Web"),
                role: Some(role(&target, &place)),
            })),
            host_management: Fact::Known(None),
            network: network(),
        };
        let bucket = Bucket {
            region: read("ap-northeast-2"),
            owner: Fact::Known(read("111122223333")),
            encryption: Fact::Known(Encryption::Kms {
                key: Some(Fact::Known(key(KeyUse::Log))),
            }),
            policy: Fact::Known(Some(json!({ "Statement": [{
                "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": "*", "Condition": { "Bool": { "aws:SecureTransport": "false" } },
            }]}))),
        };
        let facts = Facts {
            machine: Machine::Ec2(Fact::Known(Some(Box::new(instance)))),
            agent: Fact::Known(Some(Agent {
                ping: Ping::Online,
                version: "3.3.5226.0".into(),
                platform: Platform::Linux,
            })),
            connected: Fact::Known(true),
            bucket: Fact::Known(Some(bucket)),
            session_key: Some(Fact::Known(key(KeyUse::Session))),
            documents: documents(&place, &kinds),
            target,
        };
        Self {
            facts,
            place,
            kinds,
        }
    }

    /// A default route to a NAT gateway, and groups that let out to everywhere.
    pub(super) fn lead_out(&mut self, alone: bool) {
        self.network(|network| {
            if alone {
                network.endpoints = Fact::Known(Vec::new());
                let Fact::Known(table) = &mut network.routes else {
                    return;
                };
                table.routes.truncate(1);
            }
            let Fact::Known(rules) = &mut network.rules else {
                return;
            };
            let own = rules.get_mut(&read::<GroupId>(OWN_GROUP)).unwrap();
            own.egress = vec![https(block("0.0.0.0/0"))];
        });
        let nat = Nat {
            available: true,
            leads_out: true,
        };
        let id = read("nat-00000000000000001");
        self.default_route(RouteTarget::Nat(id, Fact::Known(nat)));
    }
}
