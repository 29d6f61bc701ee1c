//! Two days of a small deployment: their trails and their checkpoints.

use rules::audit::{Entry, Head};
use rules::canonical;
use rules::moment::Moment;
use rules::names::{Digest, RequestId};
use rules::wire::EntryView;
use serde_json::{Value, json};

const DEPLOYMENT: &str = "111122223333/postern";
const TARGET: &str = "111122223333/ap-northeast-2/i-0123456789abcdef0";

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn person(sub: &str) -> Value {
    let person = json!({"iss": "https://login.example.com", "sub": sub});
    json!({"type": "person", "person": person})
}

fn postern() -> Value {
    json!({"type": "postern"})
}

fn asked(reason: &str) -> Value {
    let shown = Digest::of("postern.test", reason.as_bytes());
    let set = Digest::of("postern.test", b"policies");
    json!({
        "type": "asked",
        "ask": {
            "targets": [TARGET],
            "kind": {"type": "shell"},
            "duration_seconds": 3_600,
            "reason": reason,
            "ticket": "OPS-1",
        },
        "route": {
            "policy": "prod-shell",
            "policy_set": set,
            "consent": {"type": "approvals", "stages": [{"needed": 1, "groups": ["leads"]}]},
            "max_duration": 14_400,
            "extendable_to": null,
            "answer_within": {"secs": 14_400, "nanos": 0},
            "run_as": null,
            "reviewers": null,
            "chat": "login",
        },
        "groups": ["engineers"],
        "rotas": [],
        "facts": [{
            "target": TARGET,
            "tags": {"Env": "prod", "Name": "orders-db"},
            "platform": "linux",
            "ping": "online",
            "agent_version": null,
            "last_log": null,
            "readiness": null,
        }],
        "shown": shown,
    })
}

/// The trail of a request: when, who, what.
fn trail(request: RequestId, happened: Vec<(&str, Value, Value)>) -> Vec<EntryView> {
    let mut head = Head::empty(request);
    let mut entries = Vec::new();
    for (moment, actor, event) in happened {
        let entry = Entry {
            request,
            n: head.n + 1,
            at: at(moment),
            actor: serde_json::from_value(actor).unwrap(),
            event: serde_json::from_value(event).unwrap(),
            previous: head.digest,
        };
        head = Head {
            n: entry.n,
            digest: entry.digest(),
        };
        entries.push(EntryView::from(entry));
    }
    entries
}

/// Anna's hour on a database, from asking to the log of her session.
fn tuesday() -> Vec<EntryView> {
    let request = RequestId::new(at("2026-11-24T10:30:00.000Z"), [1; 10]);
    let session = format!("{request}-07a16060613c408b5");
    let shown = asked("look into slow queries")["shown"].clone();
    let set = asked("look into slow queries")["route"]["policy_set"].clone();
    let ends_at = "2026-11-24T11:40:00.000Z";
    let object = json!({
        "key": format!("sessions/{session}.log"),
        "size": 4_096,
        "etag": "0123456789abcdef0123456789abcdef",
        "version": null,
        "stored_at": "2026-11-24T11:12:03.000Z",
    });
    trail(
        request,
        vec![
            (
                "2026-11-24T10:30:00.000Z",
                person("anna"),
                asked("look into slow queries"),
            ),
            (
                "2026-11-24T10:37:12.480Z",
                person("ben"),
                json!({"type": "approved", "groups": ["leads"], "shown": shown, "stage": 1,
                       "count": 1, "needed": 1, "channel": "api", "comment": "only reads — \"orders\" is busy"}),
            ),
            (
                "2026-11-24T10:40:00.000Z",
                person("anna"),
                json!({"type": "activated", "ends_at": ends_at}),
            ),
            (
                "2026-11-24T10:40:00.000Z",
                person("anna"),
                json!({"type": "issuing", "issue": 1, "until": ends_at, "policy_set": set}),
            ),
            (
                "2026-11-24T10:40:00.350Z",
                person("anna"),
                json!({"type": "issued", "issue": 1, "access_key_id": "AKIDEXAMPLE",
                       "expires_at": ends_at}),
            ),
            (
                "2026-11-24T10:41:30.000Z",
                postern(),
                json!({"type": "session_seen", "session": session,
                       "instance": "i-0123456789abcdef0", "document": "Postern-Shell-60",
                       "started_at": "2026-11-24T10:40:41.000Z"}),
            ),
            (
                "2026-11-24T11:11:58.000Z",
                person("anna"),
                json!({"type": "ended", "why": "released", "comment": null}),
            ),
            (
                "2026-11-24T11:11:59.000Z",
                postern(),
                json!({"type": "session_terminating", "session": session, "attempt": 1}),
            ),
            (
                "2026-11-24T11:12:01.000Z",
                postern(),
                json!({"type": "session_over", "session": session,
                       "ended_at": "2026-11-24T11:12:00.000Z"}),
            ),
            (
                "2026-11-24T11:13:00.000Z",
                postern(),
                json!({"type": "log_judged", "session": session, "verdict": "landed",
                       "object": object}),
            ),
            (
                "2026-11-24T11:13:00.000Z",
                postern(),
                json!({"type": "closed"}),
            ),
        ],
    )
}

/// A request that was taken back.
fn wednesday() -> Vec<EntryView> {
    let request = RequestId::new(at("2026-11-25T09:58:00.000Z"), [2; 10]);
    let asked = asked("see whether the index is used");
    trail(
        request,
        vec![
            ("2026-11-25T09:58:00.000Z", person("anna"), asked),
            (
                "2026-11-25T10:02:00.000Z",
                person("anna"),
                json!({"type": "withdrawn"}),
            ),
        ],
    )
}

/// Checkpoints at these moments, each of one trail as far as it had come: by its description, since
/// whoever writes them is no part of this.
fn checkpoints(known: &[(&str, &EntryView)]) -> Vec<(String, String)> {
    let mut previous = Digest::of("postern.checkpoints.v1", DEPLOYMENT.as_bytes());
    let mut files = Vec::new();
    for (number, (moment, last)) in (1_u64..).zip(known) {
        let Entry { request, n, .. } = last.entry;
        let document = json!({
            "checkpoint": number,
            "deployment": DEPLOYMENT,
            "at": moment,
            "previous": previous,
            "heads": [{"request": request, "n": n, "digest": last.digest}],
        });
        let text = canonical::encode(&document);
        previous = Digest::of("postern.checkpoint.v1", text.as_bytes());
        files.push((format!("checkpoints/{number:012}.json"), text + "\n"));
    }
    files
}

/// The files of the example: name and text.
pub(super) fn files() -> Vec<(String, String)> {
    let (tuesday, wednesday) = (tuesday(), wednesday());
    let known = [
        ("2026-11-24T11:00:00.000Z", &tuesday[5]),
        ("2026-11-24T12:00:00.000Z", &tuesday[10]),
        ("2026-11-25T10:00:00.000Z", &wednesday[0]),
    ];
    let mut files = checkpoints(&known);
    for (name, trail) in [
        ("2026-11-24.jsonl", &tuesday),
        ("2026-11-25.jsonl", &wednesday),
    ] {
        let lines = trail
            .iter()
            .map(|view| serde_json::to_string(view).unwrap() + "\n");
        files.push((name.to_owned(), lines.collect()));
    }
    files
}
