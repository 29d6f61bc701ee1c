//! What to try once the story is told: commands to copy.

use std::io;

use crate::account::{ACCOUNT, BATCH_1, DB_1, REGION, WEB_7, WEB_8};
use crate::house::House;
use crate::people::Person;
use crate::screen::{Screen, Tone};

/// Prints the commands. They need `curl` and a shell, and the AWS CLI where it is called.
///
/// # Errors
/// Nobody reads any more.
pub fn guide(house: &House, screen: &mut Screen) -> io::Result<()> {
    let (api, issuer, aws) = (house.url(), house.issuer_url(), house.aws_url());
    screen.line("")?;
    screen.toned(
        Tone::Strong,
        "Now you. Postern stays up until Ctrl-C; paste these into another shell.",
    )?;
    screen.line("")?;
    let people: Vec<String> = Person::ALL
        .iter()
        .map(|person| format!("{} ({})", person.subject(), person.part()))
        .collect();
    screen.toned(Tone::Faint, &format!("# People: {}.", people.join(", ")))?;
    let instances = format!(
        "# Instances: {WEB_7} web-7 prod, {WEB_8} web-8 prod,\n\
         #            {BATCH_1} batch-1 staging (at once for Anna, who is on call), {DB_1} db-1 prod."
    );
    screen.toned(Tone::Faint, &instances)?;
    let blocks = [
        (
            "Tokens: an hour each, for whoever asks. Only the local run hands them out like this.",
            format!(
                "ANNA=$(curl -s {issuer}/token -d person=anna)\nBEN=$(curl -s {issuer}/token -d person=ben)"
            ),
        ),
        (
            "What may Anna ask for?",
            format!("curl -sw '\\n' {api}/v1/targets -H \"Authorization: Bearer $ANNA\""),
        ),
        (
            "Anna asks for a shell on web-7, for half an hour.",
            format!(
                "ID=$(curl -s {api}/v1/requests -H \"Authorization: Bearer $ANNA\" \\\n  \
                   -H 'Content-Type: application/json' -d '{{\"kind\": {{\"type\": \"shell\"}},\n  \
                   \"targets\": [\"{ACCOUNT}/{REGION}/{WEB_7}\"],\n  \
                   \"duration_seconds\": 1800, \"reason\": \"trying Postern\"}}' | grep -o 'req-[0-9A-Z]*' | head -n 1)\n\
                 echo $ID"
            ),
        ),
        (
            "Ben says yes to exactly what he is shown.",
            format!(
                "SHOWN=$(curl -s {api}/v1/requests/$ID -H \"Authorization: Bearer $BEN\" \\\n  \
                   | grep -o '\"shown\":\"[0-9a-f]*\"' | cut -d '\"' -f 4)\n\
                 curl -sw '\\n' {api}/v1/requests/$ID/approve -H \"Authorization: Bearer $BEN\" \\\n  \
                   -H 'Content-Type: application/json' -d \"{{\\\"shown\\\": \\\"$SHOWN\\\"}}\""
            ),
        ),
        (
            "Anna's tools fetch credentials by themselves, as often as they need, until the end.",
            format!(
                "export AWS_CONFIG_FILE=$(mktemp)\n\
                 cat > $AWS_CONFIG_FILE <<END\n\
                 [profile anna]\n\
                 region = {REGION}\n\
                 endpoint_url = {aws}\n\
                 credential_process = curl -fsS -X POST -H \"Authorization: Bearer $ANNA\" \
                 {api}/v1/requests/$ID/credentials?format=credential_process\n\
                 END\n\
                 aws --profile anna sts get-caller-identity"
            ),
        ),
        (
            "A session on web-7 opens; without the Session Manager plugin the CLI closes it again and\n\
             # says so. (There is no terminal behind it: the stand-in judges, opens, ends and logs.)",
            format!(
                "aws --profile anna ssm start-session --target {WEB_7} --document-name Postern-Shell-240"
            ),
        ),
        (
            "On another instance, or with another document: AccessDenied.",
            format!(
                "aws --profile anna ssm start-session --target {WEB_8} --document-name Postern-Shell-240\n\
                 aws --profile anna ssm start-session --target {WEB_7} --document-name Postern-Shell-480"
            ),
        ),
        (
            "Ben takes it back: no more credentials (409), and those that are out are denied.",
            format!(
                "curl -sw '\\n' -X POST {api}/v1/requests/$ID/revoke -H \"Authorization: Bearer $BEN\"\n\
                 aws --profile anna ssm start-session --target {WEB_7} --document-name Postern-Shell-240"
            ),
        ),
        (
            "The trail, and the sessions with the verdicts on their logs, once the sweeper has looked.",
            format!(
                "sleep 5; curl -sw '\\n' {api}/v1/requests/$ID/entries -H \"Authorization: Bearer $ANNA\"\n\
                 curl -sw '\\n' {api}/v1/requests/$ID/sessions -H \"Authorization: Bearer $ANNA\""
            ),
        ),
    ];
    for (what, commands) in blocks {
        screen.line("")?;
        screen.toned(Tone::Faint, &format!("# {what}"))?;
        screen.line(&commands)?;
    }
    screen.line("")?;
    screen.line(&format!(
        "Everything that the API can do: {api}/v1/openapi.json"
    ))
}
