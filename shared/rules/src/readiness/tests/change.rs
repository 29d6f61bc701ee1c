//! One change to a set-up. A change to what is not there changes nothing.

use super::super::*;
use super::Setup;
use super::setup::{OWN_GROUP, OWN_SUBNET, SSM_GROUP};

impl Setup {
    pub(super) fn report(&self) -> Report {
        inspect(&self.facts, &self.place, &self.kinds)
    }

    pub(super) fn instance(&mut self, change: impl FnOnce(&mut Instance)) {
        if let Machine::Ec2(Fact::Known(Some(instance))) = &mut self.facts.machine {
            change(instance);
        }
    }

    pub(super) fn network(&mut self, change: impl FnOnce(&mut Network)) {
        self.instance(|instance| change(&mut instance.network));
    }

    pub(super) fn agent(&mut self, change: impl FnOnce(&mut Agent)) {
        if let Fact::Known(Some(agent)) = &mut self.facts.agent {
            change(agent);
        }
    }

    pub(super) fn bucket(&mut self, change: impl FnOnce(&mut Bucket)) {
        if let Fact::Known(Some(bucket)) = &mut self.facts.bucket {
            change(bucket);
        }
    }

    pub(super) fn key(&mut self, purpose: KeyUse, change: impl FnOnce(&mut Key)) {
        match purpose {
            KeyUse::Session => {
                if let Some(Fact::Known(key)) = &mut self.facts.session_key {
                    change(key);
                }
            }
            KeyUse::Log => self.bucket(|bucket| {
                if let Fact::Known(Encryption::Kms {
                    key: Some(Fact::Known(key)),
                }) = &mut bucket.encryption
                {
                    change(key);
                }
            }),
        }
    }

    pub(super) fn role(&mut self, change: impl FnOnce(&mut Role)) {
        match &mut self.facts.machine {
            Machine::Hybrid {
                role: Fact::Known(role),
                ..
            } => change(role),
            Machine::Ec2(Fact::Known(Some(instance))) => {
                match (&mut instance.profile, &mut instance.host_management) {
                    (
                        Some(Fact::Known(Profile {
                            role: Some(role), ..
                        })),
                        _,
                    )
                    | (None, Fact::Known(Some(role))) => change(role),
                    _ => {}
                }
            }
            Machine::Hybrid { .. } | Machine::Ec2(_) => {}
        }
    }

    /// Takes actions that begin so away from the role, on resources that hold a text.
    pub(super) fn take(&mut self, action: &str, resource: &str, decision: Decision) {
        self.role(|role| {
            let Fact::Known(simulated) = &mut role.simulated else {
                return;
            };
            for one in simulated {
                if one.action.as_str().starts_with(action) && one.resource.contains(resource) {
                    one.decision = Fact::Known(decision);
                }
            }
        });
    }

    pub(super) fn endpoints(&mut self, change: impl FnOnce(&mut Vec<Endpoint>)) {
        self.network(|network| {
            if let Fact::Known(endpoints) = &mut network.endpoints {
                change(endpoints);
            }
        });
    }

    pub(super) fn endpoint(&mut self, service: Service, change: impl FnOnce(&mut Endpoint)) {
        self.endpoints(|endpoints| {
            let found = endpoints.iter_mut().find(|one| one.service == service);
            if let Some(found) = found {
                change(found);
            }
        });
    }

    pub(super) fn without(&mut self, service: Service) {
        self.endpoints(|endpoints| endpoints.retain(|endpoint| endpoint.service != service));
    }

    pub(super) fn private_dns_off(&mut self, service: Service) {
        self.endpoint(service, |endpoint| {
            if let EndpointForm::Interface { private_dns, .. } = &mut endpoint.form {
                *private_dns = false;
            }
        });
    }

    pub(super) fn routes(&mut self, change: impl FnOnce(&mut Vec<Route>)) {
        self.network(|network| {
            if let Fact::Known(table) = &mut network.routes {
                change(&mut table.routes);
            }
        });
    }

    /// Sets where everything goes that has no route of its own.
    pub(super) fn default_route(&mut self, target: RouteTarget) {
        self.routes(|routes| {
            routes.retain(|route| !is_default(route));
            routes.push(super::setup::route("0.0.0.0/0", target));
        });
    }

    pub(super) fn change_default(&mut self, change: impl FnOnce(&mut Route)) {
        self.routes(|routes| {
            let found = routes.iter_mut().find(|route| is_default(route));
            if let Some(found) = found {
                change(found);
            }
        });
    }

    pub(super) fn nat(&mut self, change: impl FnOnce(&mut Nat)) {
        self.change_default(|route| {
            if let RouteTarget::Nat(_, Fact::Known(nat)) = &mut route.target {
                change(nat);
            }
        });
    }

    pub(super) fn no_default(&mut self) {
        self.routes(|routes| routes.retain(|route| !is_default(route)));
    }

    pub(super) fn egress(&mut self, rules: Vec<GroupRule>) {
        self.group(OWN_GROUP, |group| group.egress = rules);
    }

    pub(super) fn endpoint_ingress(&mut self, rules: Vec<GroupRule>) {
        self.group(SSM_GROUP, |group| group.ingress = rules);
    }

    fn group(&mut self, id: &str, change: impl FnOnce(&mut SecurityGroup)) {
        self.network(|network| {
            if let Fact::Known(rules) = &mut network.rules {
                let group = rules.get_mut(&id.parse::<GroupId>().unwrap());
                if let Some(group) = group {
                    change(group);
                }
            }
        });
    }

    /// Denies what entries of the ACL of the instance's own subnet, or of the endpoints', allow.
    pub(super) fn deny(&mut self, own: bool, direction: Direction, block: &str) {
        self.network(|network| {
            let Fact::Known(acls) = &mut network.acls else {
                return;
            };
            let acl = acls
                .iter_mut()
                .find(|(subnet, _)| (subnet.as_str() == OWN_SUBNET) == own);
            let (_, acl) = acl.unwrap();
            acl.entries.push(AclEntry {
                number: 50,
                direction,
                allows: false,
                traffic: Traffic::All,
                block: block.parse().unwrap(),
            });
        });
    }

    pub(super) fn documents(&mut self, change: impl Fn(&mut DocumentInputs)) {
        for document in self.facts.documents.values_mut() {
            if let Fact::Known(Some(inputs)) = document
                && !inputs.bucket.is_empty()
            {
                change(inputs);
            }
        }
    }
}

fn is_default(route: &Route) -> bool {
    match route.destination {
        RouteDestination::Block(block) => block.is_any(),
        RouteDestination::List(_) => false,
    }
}
