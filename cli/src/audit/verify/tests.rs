//! Checkpoints and what they know: each fault has its words.

mod fuzz;

use rules::canonical;
use serde_json::json;

use super::super::trail::tests::written;
use super::*;

const IDS: [&str; 3] = [
    "req-01KAV3M0000123456789ABCDEA",
    "req-01KAV3M0000123456789ABCDEB",
    "req-01KAV3M0000123456789ABCDEC",
];
const DEPLOYMENT: &str = "111122223333/postern";
/// How far the checkpoints know the three trails, and how long these are.
const KNOWN: [[u64; 3]; 4] = [[1, 0, 0], [3, 2, 0], [3, 4, 1], [5, 4, 3]];
const LENGTHS: [usize; 3] = [5, 4, 4];

fn stated() -> Vec<Stated> {
    let trails = IDS.iter().zip(LENGTHS);
    trails
        .flat_map(|(id, length)| written(id, length))
        .collect()
}

fn digest(document: &Value) -> String {
    Hash::of("postern.checkpoint.v1", &canonical::encode(document)).to_string()
}

/// Checkpoints as Postern writes them.
fn documents() -> Vec<Value> {
    let trails: Vec<Vec<Stated>> = IDS
        .iter()
        .zip(LENGTHS)
        .map(|(id, n)| written(id, n))
        .collect();
    let mut previous = Hash::of("postern.checkpoints.v1", DEPLOYMENT).to_string();
    let mut before = [0; 3];
    let mut documents = Vec::new();
    for (number, known) in (1_u64..).zip(KNOWN) {
        let mut heads = Vec::new();
        for (trail, id) in IDS.iter().enumerate() {
            let n = known[trail];
            if n > before[trail] {
                let last = &trails[trail][usize::try_from(n).unwrap() - 1];
                heads.push(json!({"request": id, "n": n, "digest": last.digest}));
            }
        }
        before = known;
        let document = json!({
            "checkpoint": number,
            "deployment": DEPLOYMENT,
            "at": format!("2026-11-24T0{number}:00:00.000Z"),
            "previous": previous,
            "heads": heads,
        });
        previous = digest(&document);
        documents.push(document);
    }
    documents
}

/// The checkpoint behind each is mended to follow from it.
fn mend(documents: &mut [Value]) {
    for n in 1..documents.len() {
        documents[n]["previous"] = digest(&documents[n - 1]).into();
    }
}

fn asked(some: bool, head: Vec<Head>) -> Verify {
    Verify {
        files: Vec::new(),
        checkpoints: Vec::new(),
        some,
        head,
    }
}

/// What is told of the trails and checkpoints; `Err` where one of them cannot be read.
fn verified(stated: &[Stated], documents: &[Value], asked: &Verify) -> Result<Report, String> {
    let mut trails = Trails::new();
    for (line, one) in (1..).zip(stated) {
        let document = json!({"entry": one.entry, "digest": one.digest});
        take(document, &mut trails, None, line)?;
    }
    let checkpoints = documents
        .iter()
        .zip(1..)
        .map(|(document, n)| Checkpoint::read(document.clone(), format!("place {n}")));
    let checkpoints = Checkpoints::of(checkpoints.collect::<Result<_, _>>()?);
    Ok(judge(&trails, &checkpoints, asked))
}

/// Whether something is found to be wrong with checkpoints when all trails are as they were.
fn found(documents: &[Value], head: Vec<Head>) -> bool {
    verified(&stated(), documents, &asked(false, head)).map_or(true, |report| !report.sound)
}

/// What an auditor knows who wrote down the digest of the last checkpoint.
fn noted() -> Vec<Head> {
    let last = digest(documents().last().unwrap());
    vec![Head::Checkpoint(4, Hash::read(&last).unwrap())]
}

#[test]
fn what_was_written_is_whole() {
    let report = verified(&stated(), &documents(), &asked(false, noted())).unwrap();
    assert!(report.sound, "{}", report.text);
    let last = digest(&documents()[3]);
    let end = format!(
        "\n3 trails, 13 entries, 0 broken\n\
         4 checkpoints of `{DEPLOYMENT}`, the chain is whole\n  \
         the last is checkpoint 4 of 2026-11-24T04:00:00.000Z, {last}\n  \
         1 entry behind the last that a checkpoint knows of the trail\n"
    );
    assert!(report.text.ends_with(&end), "{}", report.text);
}

#[test]
fn older_checkpoints_may_be_gone_and_it_is_told() {
    let report = verified(&stated(), &documents()[2..], &asked(false, noted())).unwrap();
    assert!(report.sound, "{}", report.text);
    assert!(report.text.contains("it begins with checkpoint 3"));
    // Of the first two trails, only what is known since.
    let none = verified(&stated(), &documents()[3..], &asked(false, noted())).unwrap();
    let told = "  1 trail begun before the last checkpoint and known to none that is here\n";
    assert!(none.text.contains(told), "{}", none.text);
    let line = none
        .text
        .lines()
        .find(|line| line.contains(IDS[1]))
        .unwrap();
    assert!(line.ends_with("; known to no checkpoint"), "{line}");
}

#[test]
fn a_trail_that_is_not_there_is_missing_unless_only_some_are_meant_to_be() {
    let some: Vec<Stated> = stated().into_iter().skip(LENGTHS[0]).collect();
    let report = verified(&some, &documents(), &asked(false, Vec::new())).unwrap();
    assert!(!report.sound);
    let told = format!(
        "BROKEN  {}  it is not in the files, and checkpoint 1 knows entry 1 of it\n",
        IDS[0]
    );
    assert!(report.text.contains(&told), "{}", report.text);
    let report = verified(&some, &documents(), &asked(true, Vec::new())).unwrap();
    assert!(report.sound, "{}", report.text);
    let told = "  1 trail known to the checkpoints and not in the files\n";
    assert!(report.text.contains(told), "{}", report.text);
}

type Change<'a> = &'a dyn Fn(&mut Vec<Value>);

#[test]
fn each_fault_of_a_checkpoint_has_its_words() {
    let broken = |change: Change<'_>| {
        let mut changed = documents();
        change(&mut changed);
        let report = verified(&stated(), &changed, &asked(false, noted())).unwrap();
        assert!(!report.sound);
        let told = report
            .text
            .lines()
            .find(|line| line.starts_with("BROKEN  checkpoint"));
        told.unwrap()
            .trim_start_matches("BROKEN  checkpoint ")
            .to_owned()
    };
    let cases: [(Change<'_>, &str); 11] = [
        (
            &|all| drop(all.remove(1)),
            "2  it is missing; the next that is here is checkpoint 3",
        ),
        (
            &|all| all.push(all[2].clone()),
            "3  it is there twice, the first time as place 3 (place 5)",
        ),
        (
            &|all| all[1]["deployment"] = "111122223333/other".into(),
            "2  it is of `111122223333/other`, and the checkpoints before it are of `111122223333/postern` (place 2)",
        ),
        (
            &|all| all[0]["deployment"] = "111122223333/other".into(),
            "1  it does not rest on the deployment that it names (place 1)",
        ),
        (
            &|all| all[1]["at"] = "2026-11-24T00:00:00.000Z".into(),
            "3  it does not follow from the one before it (place 3)",
        ),
        (
            &|all| all[1]["heads"] = json!([]),
            "2  it knows of no trail (place 2)",
        ),
        (
            &|all| all[1]["heads"].as_array_mut().unwrap().reverse(),
            "2  it names `req-01KAV3M0000123456789ABCDEA` out of order or twice (place 2)",
        ),
        (
            &|all| {
                let twice = all[2]["heads"][1].clone();
                all[2]["heads"].as_array_mut().unwrap().push(twice);
            },
            "3  it names `req-01KAV3M0000123456789ABCDEC` out of order or twice (place 3)",
        ),
        (
            &|all| {
                let mut shorter = all[1]["heads"][1].clone();
                shorter["n"] = 1.into();
                all[2]["heads"][0] = shorter;
            },
            "3  it knows entry 1 of `req-01KAV3M0000123456789ABCDEB`, and checkpoint 2 knew entry 2 (place 3)",
        ),
        (
            &|all| all[3]["at"] = "2026-11-24T00:00:00.000Z".into(),
            "4  it has another digest than the one that is known (place 4)",
        ),
        (
            &|all| drop(all.pop()),
            "4  it is known, and not in the files",
        ),
    ];
    for (change, told) in cases {
        assert_eq!(broken(change), told);
    }
}

#[test]
fn what_is_no_checkpoint_is_not_read() {
    let good = documents().remove(0);
    for (place, value, told) in [
        ("", json!([]), "is an object"),
        ("/heads/0", json!([]), "is an object"),
        ("/more", json!(1), "unknown field `more`"),
        ("/checkpoint", json!(0), "counted from 1"),
        ("/checkpoint", json!(1.0), "invalid type"),
        ("/previous", json!("AB"), "`AB` is no digest"),
        ("/heads/0/n", json!(0), "counted from 1"),
        ("/heads/0/digest", json!(null), "invalid type"),
        ("/heads/0/more", json!(1), "unknown field `more`"),
        ("/at", json!(null), "invalid type"),
    ] {
        let mut bad = good.clone();
        match bad.pointer_mut(place) {
            Some(member) => *member = value,
            None => {
                let (holder, name) = place.rsplit_once('/').unwrap();
                bad.pointer_mut(holder).unwrap()[name] = value;
            }
        }
        let fault = Checkpoint::read(bad, String::new()).unwrap_err();
        assert!(fault.contains(told), "{place}: {fault}");
    }
    for member in ["checkpoint", "deployment", "at", "previous", "heads"] {
        let mut less = good.clone();
        less.as_object_mut().unwrap().remove(member);
        let fault = Checkpoint::read(less, String::new()).unwrap_err();
        assert_eq!(fault, format!("missing field `{member}`"));
    }
}
