use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::EncodingType;
use standin::World;
use standin::s3::{BucketSpec, PutObject};

use crate::reach::{self, START, code};

/// A bucket with two versions of one log, a deleted one, and others around them.
fn world() -> World {
    let world = reach::world();
    world.create_bucket(
        "logs",
        BucketSpec {
            versioning: true,
            ..BucketSpec::default()
        },
    );
    for (second, key) in [
        "jit/a.log",
        "jit/a.log",
        "jit/b.log",
        "jit/c/1.log",
        "jit/c/2.log",
        "other",
    ]
    .iter()
    .enumerate()
    {
        world
            .clock()
            .set(START + 1_000 * i64::try_from(second).unwrap());
        let put = PutObject {
            body: "log".into(),
            ..PutObject::default()
        };
        world.put_object("logs", key, put).unwrap();
    }
    world.delete_object("logs", "jit/b.log").unwrap();
    world
}

fn client(world: &World) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&reach::admin(world))
}

/// Versions and markers of a page, as key, whether marker, whether latest.
fn lines(page: &ListObjectVersionsOutput) -> Vec<(String, bool, bool)> {
    let versions = page
        .versions()
        .iter()
        .map(|one| (one.key(), false, one.is_latest()));
    let markers = page
        .delete_markers()
        .iter()
        .map(|one| (one.key(), true, one.is_latest()));
    let mut lines: Vec<_> = versions
        .chain(markers)
        .map(|(key, marker, latest)| (key.unwrap().to_owned(), marker, latest.unwrap()))
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn versions_are_listed_under_a_prefix_newest_first_with_their_markers() {
    let world = world();
    let listed = client(&world)
        .list_object_versions()
        .bucket("logs")
        .prefix("jit/a.");
    let listed = listed.send().await.unwrap();
    let ids: Vec<_> = listed
        .versions()
        .iter()
        .map(|one| one.version_id().unwrap())
        .collect();
    let kept = world.object_versions("logs", "jit/a.log");
    assert_eq!(
        ids,
        [kept[1].version_id.as_str(), kept[0].version_id.as_str()]
    );
    assert_eq!(listed.versions()[0].is_latest(), Some(true));
    assert_eq!(listed.versions()[1].is_latest(), Some(false));
    assert_eq!(
        listed.versions()[1]
            .last_modified()
            .unwrap()
            .to_millis()
            .unwrap(),
        START
    );
    assert_eq!(listed.is_truncated(), Some(false));

    let deleted = client(&world)
        .list_object_versions()
        .bucket("logs")
        .prefix("jit/b.");
    let deleted = lines(&deleted.send().await.unwrap());
    let key = "jit/b.log".to_owned();
    assert_eq!(deleted, [(key.clone(), false, false), (key, true, true)]);
}

#[tokio::test]
async fn every_size_of_page_gives_the_same_versions_once() {
    let world = world();
    let s3 = client(&world);
    let whole = s3
        .list_object_versions()
        .bucket("logs")
        .prefix("jit/")
        .send()
        .await
        .unwrap();
    let whole = lines(&whole);
    assert_eq!(whole.len(), 6);
    for size in 1..=7 {
        let mut seen = Vec::new();
        let (mut key, mut id) = (None, None);
        loop {
            let page = s3
                .list_object_versions()
                .bucket("logs")
                .prefix("jit/")
                .max_keys(size)
                .set_key_marker(key)
                .set_version_id_marker(id);
            let page = page.send().await.unwrap();
            assert!(lines(&page).len() <= usize::try_from(size).unwrap());
            seen.extend(lines(&page));
            if page.is_truncated() != Some(true) {
                break;
            }
            key = Some(page.next_key_marker().unwrap().to_owned());
            id = page.next_version_id_marker().map(str::to_owned);
        }
        seen.sort();
        assert_eq!(seen, whole, "in pages of {size}");
    }
}

#[tokio::test]
async fn a_delimiter_folds_keys_and_shows_each_prefix_once() {
    let world = world();
    let s3 = client(&world);
    let listed = s3
        .list_objects_v2()
        .bucket("logs")
        .prefix("jit/")
        .delimiter("/")
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = listed
        .contents()
        .iter()
        .map(|one| one.key().unwrap())
        .collect();
    let folded: Vec<_> = listed
        .common_prefixes()
        .iter()
        .map(|one| one.prefix().unwrap())
        .collect();
    assert_eq!((keys, folded), (vec!["jit/a.log"], vec!["jit/c/"]));
    assert_eq!(listed.key_count(), Some(2));
}

#[tokio::test]
async fn objects_are_listed_page_by_page_without_what_is_deleted() {
    let world = world();
    let s3 = client(&world);
    for size in 1..=5 {
        let keys: Vec<String> = s3
            .list_objects_v2()
            .bucket("logs")
            .max_keys(size)
            .into_paginator()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .unwrap()
            .iter()
            .flat_map(|page| page.contents())
            .map(|one| one.key().unwrap().to_owned())
            .collect();
        assert_eq!(
            keys,
            ["jit/a.log", "jit/c/1.log", "jit/c/2.log", "other"],
            "in pages of {size}"
        );
    }
    let after = s3
        .list_objects_v2()
        .bucket("logs")
        .start_after("jit/c/1.log")
        .send()
        .await;
    assert_eq!(after.unwrap().contents()[0].key(), Some("jit/c/2.log"));
    let odd = s3
        .list_objects_v2()
        .bucket("logs")
        .continuation_token("!")
        .send()
        .await;
    assert_eq!(code(&odd.unwrap_err()), "InvalidArgument");
}

#[tokio::test]
async fn a_key_that_xml_cannot_hold_is_told_where_it_is_asked_for_encoded() {
    let world = world();
    world
        .put_object("logs", "odd/\u{1}é &<", PutObject::default())
        .unwrap();
    let list = client(&world)
        .list_objects_v2()
        .bucket("logs")
        .prefix("odd/");
    let plain = list.clone().send().await.unwrap();
    assert_eq!(plain.contents()[0].key(), Some("odd/\u{fffd}é &<"));
    let encoded = list.encoding_type(EncodingType::Url).send().await.unwrap();
    assert_eq!(encoded.contents()[0].key(), Some("odd/%01%C3%A9%20%26%3C"));
}

#[tokio::test]
async fn a_version_marker_needs_its_key() {
    let world = world();
    let odd = client(&world)
        .list_object_versions()
        .bucket("logs")
        .version_id_marker("x");
    assert_eq!(code(&odd.send().await.unwrap_err()), "InvalidArgument");
}
