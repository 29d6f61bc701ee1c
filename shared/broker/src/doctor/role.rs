//! The roles that agents act as: whether they are trusted, and what IAM says that they may do.

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult};
use futures_util::StreamExt as _;
use percent_encoding::percent_decode_str;
use rules::names::RoleArn;
use rules::readiness::{
    Decision, Fact, KeyArn, KeyUse, Need, Permission, Profile, ProfileName, Role, Simulated,
    to_simulate, trusts,
};

use super::Look;
use super::agent::HOST_MANAGEMENT;
use super::reading::{Call, fact, id, policy};

const PROFILE: Call = Call::new("iam", "GetInstanceProfile", "iam:GetInstanceProfile");
const ROLE: Call = Call::new("iam", "GetRole", "iam:GetRole");
const SIMULATE: Call = Call::new(
    "iam",
    "SimulatePrincipalPolicy",
    "iam:SimulatePrincipalPolicy",
);

/// What hands out credentials for an instance profile.
const EC2: &str = "ec2.amazonaws.com";
/// What hands out credentials for Default Host Management and hybrid nodes.
const SSM: &str = "ssm.amazonaws.com";

/// How many simulations run at once: IAM is one for all Regions of an account.
const SIMULATIONS_AT_ONCE: usize = 4;

/// The keys that roles are asked about, once they are known.
pub(super) type Keys = Vec<(KeyUse, KeyArn)>;

/// What is asked of IAM in one call: actions of one service on one resource.
type Question = (String, Vec<Permission>);

impl Look<'_> {
    /// An instance profile, by the ARN that EC2 tells.
    pub(super) async fn profile(
        self,
        arn: &str,
        keys: impl Future<Output = Keys>,
    ) -> Result<Profile, Need> {
        let name: ProfileName = id(PROFILE, arn.rsplit('/').next())?;
        let call = self.clients.iam.get_instance_profile();
        let call = call.instance_profile_name(name.as_str()).send();
        let profile = match self.until.call(PROFILE, call).await {
            Ok(answer) => answer.instance_profile,
            // It was deleted, and the instance still names it.
            Err(missed) if missed.is("NoSuchEntity") => None,
            Err(missed) => return Err(missed.into()),
        };
        let role = match profile.as_ref().and_then(|profile| profile.roles.first()) {
            None => None,
            Some(role) => {
                let arn = id(PROFILE, Some(role.arn()))?;
                Some(Box::pin(self.role(arn, EC2, keys)).await)
            }
        };
        Ok(Profile { name, role })
    }

    /// The role of Default Host Management; none where it is off.
    pub(super) async fn host_management(
        self,
        keys: impl Future<Output = Keys>,
    ) -> Result<Option<Role>, Need> {
        match Box::pin(self.setting(HOST_MANAGEMENT)).await? {
            None => Ok(None),
            Some(name) => Box::pin(self.role_of_ssm(&name, keys)).await.map(Some),
        }
    }

    /// A role as Systems Manager names it: with its path, or without.
    pub(super) async fn role_of_ssm(
        self,
        name: &str,
        keys: impl Future<Output = Keys>,
    ) -> Result<Role, Need> {
        let partition = self.target.region.partition().as_str();
        let account = &self.target.account;
        let arn = format!("arn:{partition}:iam::{account}:role/{name}");
        let arn: RoleArn = arn
            .parse()
            .map_err(|_| Need::Other(format!("the role that SSM calls `{name}`")))?;
        Ok(Box::pin(self.role(arn, SSM, keys)).await)
    }

    async fn role(self, arn: RoleArn, service: &str, keys: impl Future<Output = Keys>) -> Role {
        let (trusted, simulated) = tokio::join!(
            Box::pin(self.trusted(&arn, service)),
            Box::pin(self.simulated(&arn, keys)),
        );
        Role {
            trusted: fact(trusted),
            simulated: fact(simulated),
            arn,
        }
    }

    async fn trusted(self, role: &RoleArn, service: &str) -> Result<bool, Need> {
        let call = self.clients.iam.get_role().role_name(role.name()).send();
        let answer = self.until.call(ROLE, call).await?;
        let known = answer.role.ok_or_else(|| ROLE.unreadable())?;
        let text = known.assume_role_policy_document.unwrap_or_default();
        let text = percent_decode_str(&text).decode_utf8_lossy();
        let document = policy(ROLE, Some(&text))?;
        trusts(&document, service, &self.target.account).ok_or_else(|| {
            Need::Other(format!(
                "what the conditions of the trust in `{role}` come to"
            ))
        })
    }

    async fn simulated(
        self,
        role: &RoleArn,
        keys: impl Future<Output = Keys>,
    ) -> Result<Vec<Simulated>, Need> {
        let first = to_simulate(self.target, self.place, &[]);
        let about_keys = async {
            let mut questions = to_simulate(self.target, self.place, &keys.await);
            questions.retain(|question| !first.contains(question));
            Box::pin(self.simulate(role, grouped(&questions))).await
        };
        let (mut simulated, about_keys) = tokio::join!(
            Box::pin(self.simulate(role, grouped(&first))),
            Box::pin(about_keys),
        );
        simulated.extend(about_keys);
        // Where nothing was answered, one reason stands for all.
        match simulated.first().map(|one| &one.decision) {
            Some(Fact::Unread(need)) if simulated.iter().all(|one| is_unread(one, need)) => {
                Err(need.clone())
            }
            Some(_) | None => Ok(simulated),
        }
    }

    async fn simulate(self, role: &RoleArn, questions: Vec<Question>) -> Vec<Simulated> {
        let asked = questions.into_iter().map(|question| async move {
            match Box::pin(self.ask(role, &question)).await {
                Ok(answers) => answers,
                Err(need) => unanswered(&question, &need),
            }
        });
        let answers: Vec<_> = futures_util::stream::iter(asked)
            .buffer_unordered(SIMULATIONS_AT_ONCE)
            .collect()
            .await;
        answers.into_iter().flatten().collect()
    }

    /// IAM's answers to one question. Some actions it does not take together, and says so as
    /// `InvalidInput`; they are then asked one by one.
    async fn ask(self, role: &RoleArn, question: &Question) -> Result<Vec<Simulated>, Need> {
        let (resource, actions) = question;
        let mut together = vec![actions.clone()];
        let mut simulated = Vec::new();
        while let Some(actions) = together.pop() {
            let call = self
                .clients
                .iam
                .simulate_principal_policy()
                .policy_source_arn(role.to_string())
                .set_action_names(Some(actions.iter().map(ToString::to_string).collect()))
                .resource_arns(resource)
                .set_context_entries(Some(self.context()))
                .into_paginator()
                .items()
                .send()
                .try_collect();
            match self.until.call(SIMULATE, call).await {
                Ok(results) => {
                    simulated.extend(actions.into_iter().map(|action| Simulated {
                        decision: decision(&results, &action, role),
                        resource: resource.clone(),
                        action,
                    }));
                }
                Err(missed) if missed.is("InvalidInput") && actions.len() > 1 => {
                    together.extend(actions.into_iter().map(|action| vec![action]));
                }
                Err(missed) => return Err(missed.into()),
            }
        }
        Ok(simulated)
    }

    /// What is known of every call of an agent.
    fn context(self) -> Vec<ContextEntry> {
        let entry = |key: &str, kind: ContextKeyTypeEnum, value: &str| {
            ContextEntry::builder()
                .context_key_name(key)
                .context_key_type(kind)
                .context_key_values(value)
                .build()
        };
        let flag = ContextKeyTypeEnum::Boolean;
        vec![
            entry("aws:SecureTransport", flag.clone(), "true"),
            entry("aws:ViaAWSService", flag.clone(), "false"),
            entry("aws:PrincipalIsAWSService", flag, "false"),
            entry(
                "aws:RequestedRegion",
                ContextKeyTypeEnum::String,
                self.target.region.as_str(),
            ),
        ]
    }
}

/// The questions of one service and resource together.
fn grouped(questions: &[(Permission, String)]) -> Vec<Question> {
    let service = |action: &Permission| action.as_str().split(':').next().map(str::to_owned);
    let mut groups: Vec<Question> = Vec::new();
    for (action, resource) in questions {
        let group = groups.iter_mut().find(|(known, actions)| {
            known == resource && actions.first().and_then(service) == service(action)
        });
        match group {
            Some((_, actions)) => actions.push(action.clone()),
            None => groups.push((resource.clone(), vec![action.clone()])),
        }
    }
    groups
}

fn unanswered((resource, actions): &Question, need: &Need) -> Vec<Simulated> {
    actions
        .iter()
        .map(|action| Simulated {
            action: action.clone(),
            resource: resource.clone(),
            decision: Fact::Unread(need.clone()),
        })
        .collect()
}

fn is_unread(one: &Simulated, need: &Need) -> bool {
    match &one.decision {
        Fact::Unread(other) => other == need,
        Fact::Known(_) => false,
    }
}

/// IAM's answer about one action. Where the role's policies ask for the value of a condition key
/// that may bear on the action and that nobody gave, the answer is a guess.
fn decision(results: &[EvaluationResult], action: &Permission, role: &RoleArn) -> Fact<Decision> {
    let asked = |result: &&EvaluationResult| {
        result
            .eval_action_name()
            .eq_ignore_ascii_case(action.as_str())
    };
    let Some(result) = results.iter().find(asked) else {
        return Fact::Unread(SIMULATE.unreadable());
    };
    let on_resources = result.resource_specific_results().iter();
    let missing = on_resources
        .flat_map(|one| one.missing_context_values())
        .chain(result.missing_context_values())
        .find(|key| may_bear_on(key, action));
    if let Some(key) = missing {
        return Fact::Unread(Need::Other(format!(
            "the value of `{key}`, which the policies of `{role}` ask for"
        )));
    }
    match result.eval_decision().as_str() {
        "allowed" => Fact::Known(Decision::Allowed),
        "implicitDeny" => Fact::Known(Decision::ImplicitDeny),
        "explicitDeny" => Fact::Known(Decision::ExplicitDeny),
        _ => Fact::Unread(SIMULATE.unreadable()),
    }
}

/// Keys of other services say nothing of an action.
fn may_bear_on(key: &str, action: &Permission) -> bool {
    let service = |text: &str| text.split(':').next().map(str::to_ascii_lowercase);
    service(key).is_some_and(|of| of == "aws" || Some(of) == service(action.as_str()))
}
