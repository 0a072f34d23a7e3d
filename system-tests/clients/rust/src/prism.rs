//! Sessions and KeyValue, on a Prism whose backend `stopped` never answers.

pub mod contract {
    #![allow(dead_code)]
    include!(concat!(env!("OUT_DIR"), "/prism_contract.rs"));
}

use crate::{Failure, MAX_MESSAGE, done, expect};
use contract::prism::keyvalue::v1::{
    BatchPutEntry, BatchPutRequest, GetRequest, GetResponse, PutRequest, ScanEntry, ScanRequest,
    batch_put_result, key_value_service_client::KeyValueServiceClient, put_request,
};
use contract::prism::session::v1::{
    CreateSessionRequest, create_session_request::Config,
    session_service_client::SessionServiceClient,
};
use std::{env, time::Duration};
use tonic::{
    Code, IntoRequest, Request, Status,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};
use tonic_types::StatusExt;

const COLLECTION: &str = "rust";

/// A store, and the session to call it in.
#[derive(Clone)]
struct Store {
    client: KeyValueServiceClient<Channel>,
    token: MetadataValue<Ascii>,
}

pub async fn run(channel: Channel) -> Result<(), Failure> {
    let kept = Store::open(&channel).await?;
    done("session");
    // Opened before the backend was stopped: no session can be opened on one that gives no sign of life.
    let stopped = Store::in_session(&channel, &env::var("STOPPED_SESSION")?)?;
    let impatient = Store::in_session(&channel, &env::var("IMPATIENT_SESSION")?)?;
    put_and_get(&kept, "key", b"value".to_vec()).await?;
    done("put and get");
    scan(&kept).await?;
    done("scan");
    error_details(&kept).await?;
    done("error details");
    deadline(&stopped).await?;
    done("deadline");
    deadline_of_the_server(&impatient).await?;
    done("deadline of the server");
    cancel(&stopped, &kept).await?;
    done("cancel");
    put_and_get(&kept, "large", patterned(4 << 20)).await?;
    done("4 MiB");
    Ok(())
}

impl Store {
    async fn open(channel: &Channel) -> Result<Store, Failure> {
        let request = CreateSessionRequest {
            config: Some(Config::ConfigName("default".into())),
            ..Default::default()
        };
        let answer = SessionServiceClient::new(channel.clone())
            .create_session(request)
            .await?;
        Store::in_session(channel, &answer.into_inner().session_token)
    }

    fn in_session(channel: &Channel, token: &str) -> Result<Store, Failure> {
        Ok(Store {
            client: KeyValueServiceClient::new(channel.clone())
                .max_decoding_message_size(MAX_MESSAGE),
            token: token.parse()?,
        })
    }

    /// The client, and `message` as a request of this session.
    fn call<T>(&self, message: T) -> (KeyValueServiceClient<Channel>, Request<T>) {
        let mut request = message.into_request();
        request
            .metadata_mut()
            .insert("prism-session", self.token.clone());
        (self.client.clone(), request)
    }

    async fn get(&self, key: &str) -> Result<GetResponse, Status> {
        let (mut client, request) = self.call(get_request(key));
        Ok(client.get(request).await?.into_inner())
    }
}

async fn put_and_get(store: &Store, key: &str, value: Vec<u8>) -> Result<(), Failure> {
    let (mut client, request) = store.call(PutRequest {
        collection: COLLECTION.into(),
        key: key.into(),
        value: value.clone(),
        ..Default::default()
    });
    let put = client.put(request).await?.into_inner();
    let item = store.get(key).await?.item.ok_or("no item")?;
    expect(item.value == value, || {
        format!(
            "{} bytes that are not the {} that were put",
            item.value.len(),
            value.len()
        )
    })?;
    expect(item.etag == put.etag, || {
        format!("etag {}, but put answered {}", item.etag, put.etag)
    })
}

/// Ten items of 100 kB: more than one message, and more than the window of a stream.
async fn scan(store: &Store) -> Result<(), Failure> {
    let value = patterned(100_000);
    let entries = (0..10).map(|i| BatchPutEntry {
        key: format!("scan-{i}"),
        partition_key: "scanned".into(),
        value: value.clone(),
        ..Default::default()
    });
    let (mut client, request) = store.call(BatchPutRequest {
        collection: COLLECTION.into(),
        entries: entries.collect(),
        ..Default::default()
    });
    for result in client.batch_put(request).await?.into_inner().results {
        if !matches!(result.result, Some(batch_put_result::Result::Success(_))) {
            return Err(format!("batch put: {result:?}").into());
        }
    }
    let (mut client, request) = store.call(ScanRequest {
        collection: COLLECTION.into(),
        partition_key: "scanned".into(),
        ..Default::default()
    });
    let mut stream = client.scan(request).await?.into_inner();
    let mut messages = 0;
    let mut found: Vec<ScanEntry> = Vec::new();
    while let Some(message) = stream.message().await? {
        messages += 1;
        found.extend(message.entries);
    }
    expect(messages > 1, || {
        format!("{messages} message, so that this was no stream")
    })?;
    expect(found.len() == 10, || {
        format!("{} items, not 10", found.len())
    })?;
    for (i, entry) in found.into_iter().enumerate() {
        let same = entry.item.is_some_and(|item| item.value == value);
        expect(entry.key == format!("scan-{i}") && same, || {
            format!("item {i} is {}", entry.key)
        })?;
    }
    Ok(())
}

async fn error_details(store: &Store) -> Result<(), Failure> {
    let (mut client, request) = store.call(PutRequest {
        collection: COLLECTION.into(),
        key: "key".into(),
        precondition: Some(put_request::Precondition::IfAbsent(true)),
        ..Default::default()
    });
    expect_reason(client.put(request).await, Code::AlreadyExists, "KEY_EXISTS")
}

/// The client's own deadline, on a call that the stopped backend never answers. tonic calls what its own clock ended
/// CANCELLED, and what the server's clock ended by the server's status.
async fn deadline(store: &Store) -> Result<(), Failure> {
    let (mut client, mut request) = store.call(get_request("key"));
    request.set_timeout(Duration::from_millis(300));
    let answer = client.get(request).await;
    match &answer {
        Err(late) if late.code() == Code::Cancelled && late.message() == "Timeout expired" => {
            Ok(())
        }
        _ => expect_code(&answer, Code::DeadlineExceeded),
    }
}

/// The deadline of the session's config: the server ends the call.
async fn deadline_of_the_server(store: &Store) -> Result<(), Failure> {
    let (mut client, request) = store.call(get_request("key"));
    expect_reason(
        client.get(request).await,
        Code::DeadlineExceeded,
        "DEADLINE_EXCEEDED",
    )
}

/// Once a later call on the same connection was answered, the first one has been sent, too.
async fn cancel(stopped: &Store, kept: &Store) -> Result<(), Failure> {
    let (mut client, request) = stopped.call(get_request("key"));
    let call = tokio::spawn(async move { client.get(request).await });
    kept.get("key").await?;
    call.abort(); // tonic cancels a call whose future is dropped
    match call.await {
        Err(ended) if ended.is_cancelled() => {}
        other => return Err(format!("the cancelled call ended with {other:?}").into()),
    }
    kept.get("key").await?;
    Ok(())
}

fn get_request(key: &str) -> GetRequest {
    GetRequest {
        collection: COLLECTION.into(),
        key: key.into(),
        ..Default::default()
    }
}

fn expect_code<T>(answer: &Result<T, Status>, code: Code) -> Result<(), Failure> {
    let found = answer.as_ref().err();
    expect(found.is_some_and(|status| status.code() == code), || {
        format!("ended with {found:?}, not {code:?}")
    })
}

fn expect_reason<T>(answer: Result<T, Status>, code: Code, reason: &str) -> Result<(), Failure> {
    expect_code(&answer, code)?;
    let info = answer
        .err()
        .and_then(|status| status.get_details_error_info());
    expect(
        info.as_ref()
            .is_some_and(|info| info.domain == "prism.dev" && info.reason == reason),
        || format!("{info:?}, not {reason}"),
    )
}

/// Bytes of which no two neighbouring kilobytes are the same.
fn patterned(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 31 % 251) as u8).collect()
}
