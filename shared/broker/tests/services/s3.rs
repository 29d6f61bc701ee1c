use std::time::Duration;

use broker::fault::AwsFaultKind;
use rules::names::SessionId;
use rules::place::Place;
use standin::Service;
use standin::faults::{FaultKind, FaultRule};
use standin::s3::{BucketSpec, PutObject};

use crate::arranged::{Arranged, BUCKET, arranged};

fn session(arranged: &Arranged) -> (SessionId, String) {
    let (request, _) = arranged.granted(1);
    let id: SessionId = format!("{}-ilpxvkhghl9vs9ia2xfdyp4dka", request.id())
        .parse()
        .unwrap();
    let key = arranged.place.log_key(&id.to_string());
    (id, key)
}

fn put(arranged: &Arranged, bucket: &str, key: &str, body: &str) {
    let object = PutObject {
        body: body.to_owned().into(),
        ..PutObject::default()
    };
    arranged.world.put_object(bucket, key, object).unwrap();
}

#[tokio::test]
async fn only_the_exact_key_counts() {
    let arranged = arranged();
    let (id, key) = session(&arranged);
    for neighbour in [
        format!("{key}.1"),
        key.replace(".log", ""),
        format!("other/{key}"),
    ] {
        put(&arranged, BUCKET, &neighbour, "not this one");
    }
    let nothing = arranged.s3().listing(&arranged.place, &id).await.unwrap();
    assert!(nothing.versions.is_empty() && !nothing.deleted);

    arranged.world.clock().advance(Duration::from_secs(30));
    put(&arranged, BUCKET, &key, "whoami\n");
    let listing = arranged.s3().listing(&arranged.place, &id).await.unwrap();
    assert_eq!(listing.versions.len(), 1);
    let object = &listing.versions[0];
    let written = &arranged.world.object_versions(BUCKET, &key)[0];
    assert_eq!((object.key.as_str(), object.size), (key.as_str(), 7));
    assert_eq!(object.etag, written.etag);
    assert_eq!(object.version.as_deref(), Some(written.version_id.as_str()));
    assert_eq!(object.stored_at, arranged.now());
}

#[tokio::test]
async fn versions_are_listed_by_key_and_owner_and_no_object_is_read() {
    let arranged = arranged();
    let (id, key) = session(&arranged);
    put(&arranged, BUCKET, &key, "x");
    arranged.s3().listing(&arranged.place, &id).await.unwrap();
    let calls = arranged.world.journal();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].operation, "ListObjectVersions");
    assert_eq!(calls[0].parameters["bucket"], BUCKET);
    assert_eq!(calls[0].parameters["query"]["prefix"], key);

    // A bucket of that name in another account is another bucket.
    let spec = BucketSpec {
        owner: Some("444455556666".to_owned()),
        ..BucketSpec::default()
    };
    arranged.world.create_bucket("taken-over", spec);
    let place = Place {
        log_bucket: "taken-over".to_owned(),
        ..arranged.place.clone()
    };
    let fault = arranged.s3().listing(&place, &id).await.unwrap_err();
    assert_eq!(fault.kind, AwsFaultKind::Denied, "{fault}");
}

#[tokio::test]
async fn a_second_version_and_a_delete_marker_are_seen() {
    let arranged = arranged();
    let (id, key) = session(&arranged);
    put(&arranged, BUCKET, &key, "first");
    put(&arranged, BUCKET, &key, "forged");
    let twice = arranged.s3().listing(&arranged.place, &id).await.unwrap();
    assert_eq!((twice.versions.len(), twice.deleted), (2, false));
    arranged.world.delete_object(BUCKET, &key).unwrap();
    let deleted = arranged.s3().listing(&arranged.place, &id).await.unwrap();
    assert_eq!((deleted.versions.len(), deleted.deleted), (2, true));
    // Written anew, the marker beneath stays.
    put(&arranged, BUCKET, &key, "third");
    let again = arranged.s3().listing(&arranged.place, &id).await.unwrap();
    assert_eq!((again.versions.len(), again.deleted), (3, true));
}

#[tokio::test]
async fn a_bucket_without_versions_gives_objects_without_one() {
    let arranged = arranged();
    let (id, key) = session(&arranged);
    arranged.world.create_bucket("plain", BucketSpec::default());
    put(&arranged, "plain", &key, "");
    let place = Place {
        log_bucket: "plain".to_owned(),
        ..arranged.place.clone()
    };
    let listing = arranged.s3().listing(&place, &id).await.unwrap();
    assert_eq!(listing.versions[0].version, None);
    assert_eq!(listing.versions[0].size, 0);
}

#[tokio::test]
async fn all_versions_of_a_key_are_counted_page_by_page_and_no_others() {
    let arranged = arranged();
    let (id, key) = session(&arranged);
    for _ in 0..1_001 {
        put(&arranged, BUCKET, &key, "again");
    }
    for n in 0..1_200 {
        put(&arranged, BUCKET, &format!("{key}.{n}"), "neighbour");
    }
    let listing = arranged.s3().listing(&arranged.place, &id).await.unwrap();
    assert_eq!(listing.versions.len(), 1_001);
    // The second page goes beyond the key: nothing of it can come later.
    assert_eq!(
        arranged
            .world
            .calls_of(Service::S3, "ListObjectVersions")
            .len(),
        2
    );
}

#[tokio::test]
async fn a_fault_is_never_an_empty_listing() {
    let arranged = arranged();
    let (id, _) = session(&arranged);
    let listing = |kind| FaultRule::always(Service::S3, "ListObjectVersions", kind);
    let fail = |status, code: &str| FaultKind::Fail {
        status,
        code: code.to_owned(),
    };
    for (fault, kind) in [
        (FaultKind::Throttle, AwsFaultKind::Throttled),
        (FaultKind::TimeoutAfterEffect, AwsFaultKind::Unreachable),
        (fail(403, "AccessDenied"), AwsFaultKind::Denied),
        (fail(404, "NoSuchBucket"), AwsFaultKind::Rejected),
    ] {
        arranged.world.faults().inject(listing(fault));
        let fault = arranged
            .s3()
            .listing(&arranged.place, &id)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, kind, "{fault}");
        arranged.world.faults().clear();
    }
    arranged
        .world
        .faults()
        .inject(listing(FaultKind::Throttle).times(2));
    assert!(arranged.s3().listing(&arranged.place, &id).await.is_ok());
}
