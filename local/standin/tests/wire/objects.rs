use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ServerSideEncryption};
use serde_json::json;
use standin::World;
use standin::iam::RoleSpec;
use standin::s3::{BucketSpec, Encryption, PutObject};

use crate::reach::{self, START, code, inside};

const KEY: &str = "jit/a b+c%é.log";

fn world() -> World {
    let world = reach::world();
    world.create_bucket(
        "logs",
        BucketSpec {
            versioning: true,
            ..BucketSpec::default()
        },
    );
    world.create_bucket("plain", BucketSpec::default());
    world
}

fn client(world: &World) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&reach::admin(world))
}

async fn put(s3: &aws_sdk_s3::Client, bucket: &str, body: &'static str) -> Option<String> {
    let body = ByteStream::from_static(body.as_bytes());
    let put = s3
        .put_object()
        .bucket(bucket)
        .key(KEY)
        .body(body)
        .send()
        .await
        .unwrap();
    put.version_id().map(str::to_owned)
}

async fn get(
    s3: &aws_sdk_s3::Client,
    version: Option<&str>,
) -> Result<GetObjectOutput, SdkError<GetObjectError>> {
    let get = s3.get_object().bucket("logs").key(KEY);
    get.set_version_id(version.map(str::to_owned)).send().await
}

async fn body(output: GetObjectOutput) -> String {
    String::from_utf8(output.body.collect().await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn every_write_is_a_version_and_the_last_one_is_read() {
    let world = world();
    let s3 = client(&world);
    let first = put(&s3, "logs", "one").await.unwrap();
    let second = put(&s3, "logs", "two").await.unwrap();
    assert_ne!(first, second);
    assert_eq!(body(get(&s3, None).await.unwrap()).await, "two");
    assert_eq!(body(get(&s3, Some(&first)).await.unwrap()).await, "one");
    let missing = get(&s3, Some("nosuchversion")).await.unwrap_err();
    assert_eq!(code(&missing), "NoSuchVersion");
    assert_eq!(world.object_versions("logs", KEY).len(), 2);
}

#[tokio::test]
async fn a_bucket_without_versions_keeps_the_last_write_only() {
    let world = world();
    let s3 = client(&world);
    assert_eq!(put(&s3, "plain", "one").await, None);
    put(&s3, "plain", "two").await;
    let [version] = world.object_versions("plain", KEY).try_into().unwrap();
    assert_eq!(
        (version.version_id.as_str(), &version.body[..]),
        ("null", &b"two"[..])
    );
    s3.delete_object()
        .bucket("plain")
        .key(KEY)
        .send()
        .await
        .unwrap();
    assert!(world.bucket("plain").is_empty());
}

#[tokio::test]
async fn a_delete_hides_an_object_under_a_marker_that_can_be_taken_off_again() {
    let world = world();
    let s3 = client(&world);
    let version = put(&s3, "logs", "one").await.unwrap();
    let deleted = s3
        .delete_object()
        .bucket("logs")
        .key(KEY)
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    let marker = deleted.version_id().unwrap();
    assert_eq!(code(&get(&s3, None).await.unwrap_err()), "NoSuchKey");
    assert_eq!(
        code(&get(&s3, Some(marker)).await.unwrap_err()),
        "MethodNotAllowed"
    );
    assert_eq!(body(get(&s3, Some(&version)).await.unwrap()).await, "one");
    let undone = s3
        .delete_object()
        .bucket("logs")
        .key(KEY)
        .version_id(marker)
        .send()
        .await;
    assert_eq!(undone.unwrap().delete_marker(), Some(true));
    assert_eq!(body(get(&s3, None).await.unwrap()).await, "one");
}

#[tokio::test]
async fn what_is_told_of_an_object_is_what_was_written() {
    let world = world();
    let s3 = client(&world);
    let put = s3
        .put_object()
        .bucket("logs")
        .key(KEY)
        .content_type("text/plain")
        .metadata("grant", "req-1")
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .body(ByteStream::from_static(b"abc"));
    put.send().await.unwrap();
    let head = s3
        .head_object()
        .bucket("logs")
        .key(KEY)
        .checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!(head.content_length(), Some(3));
    assert_eq!(head.content_type(), Some("text/plain"));
    assert_eq!(head.e_tag(), Some("\"900150983cd24fb0d6963f7d28e17f72\""));
    assert_eq!(head.metadata().unwrap()["grant"], "req-1");
    assert_eq!(head.last_modified().unwrap().to_millis().unwrap(), START);
    // SHA-256 of "abc", FIPS 180-2.
    let sha256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    assert_eq!(head.checksum_sha256(), Some(sha256));
    let range = s3
        .get_object()
        .bucket("logs")
        .key(KEY)
        .range("bytes=1-")
        .send()
        .await
        .unwrap();
    assert_eq!(range.content_range(), Some("bytes 1-2/3"));
    assert_eq!(body(range).await, "bc");
    let [version] = world.object_versions("logs", KEY).try_into().unwrap();
    assert_eq!(
        version.checksum,
        Some(("sha256".to_owned(), sha256.to_owned()))
    );
    assert!(version.writer.starts_with("AWS:AIDA"));
}

#[tokio::test]
async fn content_that_is_not_what_its_checksum_says_is_refused() {
    let world = world();
    let s3 = client(&world);
    let put = || {
        let body = ByteStream::from_static(b"abd");
        s3.put_object().bucket("logs").key(KEY).body(body)
    };
    // Those of "abc".
    let sha256 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    let refused = put().checksum_sha256(sha256).send().await.unwrap_err();
    assert_eq!(code(&refused), "BadDigest");
    let md5 = "kAFQmDzST7DWlj99KOF/cg==";
    let refused = put().content_md5(md5).send().await.unwrap_err();
    assert_eq!(code(&refused), "BadDigest");
    assert!(world.bucket("logs").is_empty());
}

#[tokio::test]
async fn a_bucket_under_kms_has_tags_that_are_no_digests() {
    let world = world();
    let kms = Encryption::Kms {
        key_id: "alias/logs".to_owned(),
    };
    world.create_bucket(
        "kms",
        BucketSpec {
            encryption: kms,
            ..BucketSpec::default()
        },
    );
    let s3 = client(&world);
    let body = ByteStream::from_static(b"abc");
    let put = s3
        .put_object()
        .bucket("kms")
        .key("k")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_ne!(put.e_tag(), Some("\"900150983cd24fb0d6963f7d28e17f72\""));
    assert_eq!(
        put.server_side_encryption(),
        Some(&ServerSideEncryption::AwsKms)
    );
    let told = s3
        .get_bucket_encryption()
        .bucket("kms")
        .send()
        .await
        .unwrap();
    let rule = &told.server_side_encryption_configuration().unwrap().rules()[0];
    let rule = rule.apply_server_side_encryption_by_default().unwrap();
    assert_eq!(rule.sse_algorithm(), &ServerSideEncryption::AwsKms);
    assert_eq!(rule.kms_master_key_id(), Some("alias/logs"));
}

#[tokio::test]
async fn a_missing_object_is_a_secret_to_who_may_not_list() {
    let world = world();
    world.put_object("logs", KEY, PutObject::default()).unwrap();
    let reader = json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" },
    });
    world
        .add_role(RoleSpec {
            name: "Reader".to_owned(),
            inline: vec![("Read".to_owned(), reader.to_string())],
            ..RoleSpec::default()
        })
        .unwrap();
    let keys = world.function_credentials("Reader", "r-1").unwrap();
    let reader = aws_sdk_s3::Client::new(&inside(&world, keys));
    for (s3, expected) in [(client(&world), "NoSuchKey"), (reader, "AccessDenied")] {
        let missing = s3
            .get_object()
            .bucket("logs")
            .key("none")
            .send()
            .await
            .unwrap_err();
        assert_eq!(code(&missing), expected);
        get(&s3, None).await.unwrap();
    }
}

#[tokio::test]
async fn a_bucket_is_where_it_is_and_whose_it_is() {
    let world = world();
    let elsewhere = BucketSpec {
        region: Some("us-east-1".to_owned()),
        ..BucketSpec::default()
    };
    world.create_bucket("elsewhere", elsewhere);
    let foreign = BucketSpec {
        owner: Some("444455556666".to_owned()),
        ..BucketSpec::default()
    };
    world.create_bucket("foreign", foreign);
    let s3 = client(&world);
    let read = |bucket: &str| s3.get_object().bucket(bucket).key("k").send();
    assert_eq!(
        code(&read("elsewhere").await.unwrap_err()),
        "AuthorizationHeaderMalformed"
    );
    assert_eq!(code(&read("foreign").await.unwrap_err()), "AccessDenied");
    assert_eq!(code(&read("none").await.unwrap_err()), "NoSuchBucket");
    let owned = s3
        .head_bucket()
        .bucket("logs")
        .expected_bucket_owner("444455556666")
        .send()
        .await;
    assert_eq!(
        owned.unwrap_err().raw_response().unwrap().status().as_u16(),
        403
    );
    s3.head_bucket()
        .bucket("logs")
        .expected_bucket_owner("111122223333")
        .send()
        .await
        .unwrap();
    let place = s3
        .get_bucket_location()
        .bucket("logs")
        .send()
        .await
        .unwrap();
    assert_eq!(
        place.location_constraint().unwrap().as_str(),
        "ap-northeast-2"
    );
    let acl = s3.get_bucket_acl().bucket("logs").send().await.unwrap_err();
    assert_eq!(code(&acl), "NotImplemented");
}

#[tokio::test]
async fn an_object_that_the_caller_has_already_is_not_sent_again() {
    let world = world();
    let s3 = client(&world);
    put(&s3, "logs", "one").await;
    let has = async |tag: &str| {
        let get = s3.get_object().bucket("logs").key(KEY);
        let error = get.if_none_match(tag).send().await.err()?;
        error.raw_response().map(|answer| answer.status().as_u16())
    };
    let got = get(&s3, None).await.unwrap();
    let tag = got.e_tag().unwrap();
    assert_eq!(has(tag).await, Some(304));
    assert_eq!(has(&format!("\"other\", W/{tag}")).await, Some(304));
    assert_eq!(has("*").await, Some(304));
    assert_eq!(has("\"other\"").await, None);
    put(&s3, "logs", "two").await;
    assert_eq!(has(tag).await, None);
    world.delete_object("logs", KEY).unwrap();
    assert_eq!(has(tag).await, Some(404));
}
