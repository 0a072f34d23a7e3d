//! Streams of messages in both directions, on a Prism that keeps them.

use crate::prism::contract::prism::{
    queue::v1::{
        ConsumeAcks, ConsumeCredit, ConsumeRequest, ConsumeStart, Delivery, Message,
        PublishStreamRequest, StartPosition, Subscription, consume_request, consume_response,
        publish_result, queue_service_client::QueueServiceClient, subscription,
    },
    r#type::v1::{Ack, ack, ack_result},
};
use crate::{Failure, done, expect};
use std::env;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    IntoStreamingRequest, Request,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

const TOPIC: &str = "rust";
const MESSAGES: usize = 1000;
const CREDIT: u32 = 100;

type Client = QueueServiceClient<Channel>;
type Token = MetadataValue<Ascii>;

pub async fn run(channel: Channel) -> Result<(), Failure> {
    let mut client = Client::new(channel);
    let token: Token = env::var("QUEUE_SESSION")?.parse()?;
    publish_stream(&mut client, &token).await?;
    done("publish stream");
    consume(&mut client, &token).await?;
    done("consume");
    Ok(())
}

fn in_session<S>(mut request: Request<S>, token: &Token) -> Request<S> {
    request
        .metadata_mut()
        .insert("prism-session", token.clone());
    request
}

/// All are sent without waiting; the answers come in their order.
async fn publish_stream(client: &mut Client, token: &Token) -> Result<(), Failure> {
    let requests = tokio_stream::iter((0..MESSAGES).map(|i| PublishStreamRequest {
        topic: if i == 0 { TOPIC.into() } else { String::new() },
        message: Some(Message {
            key: b"k".to_vec(),
            payload: i.to_string().into_bytes(),
            ..Default::default()
        }),
        ..Default::default()
    }));
    let mut answers = client
        .publish_stream(in_session(requests.into_streaming_request(), token))
        .await?
        .into_inner();
    let mut results = 0;
    let mut before = -1;
    while let Some(answer) = answers.message().await? {
        for result in answer.results {
            match result.result {
                Some(publish_result::Result::Success(written)) if written.offset > before => {
                    before = written.offset;
                }
                other => return Err(format!("after offset {before}: {other:?}").into()),
            }
            results += 1;
        }
    }
    expect(results == MESSAGES, || {
        format!("{results} results, not {MESSAGES}")
    })
}

/// Grants as much as it has acknowledged, and ends once it has had all.
async fn consume(client: &mut Client, token: &Token) -> Result<(), Failure> {
    let (sender, outbound) = mpsc::channel(2 * MESSAGES);
    let start = ConsumeStart {
        subscription: Some(Subscription {
            topic: TOPIC.into(),
            group: "g".into(),
            start: Some(subscription::Start::Position(
                StartPosition::Earliest as i32,
            )),
            ..Default::default()
        }),
        credit: CREDIT,
    };
    sender
        .send(request(consume_request::Request::Start(start)))
        .await?;
    let mut answers = client
        .consume(in_session(
            ReceiverStream::new(outbound).into_streaming_request(),
            token,
        ))
        .await?
        .into_inner();
    let mut requests = Some(sender);
    let (mut received, mut acknowledged) = (0, 0);
    while let Some(answer) = answers.message().await? {
        match answer.response {
            Some(consume_response::Response::Deliveries(message)) => {
                let deliveries = message.deliveries;
                for delivery in &deliveries {
                    let payload = delivery.message.as_ref().map(|m| m.payload.clone());
                    expect(payload == Some(received.to_string().into_bytes()), || {
                        format!("message {received} is {delivery:?}")
                    })?;
                    received += 1;
                }
                if let (false, Some(sender)) = (deliveries.is_empty(), &requests) {
                    let granted = deliveries.len() as u32;
                    sender.send(acks(deliveries)).await?;
                    let credit = ConsumeCredit { messages: granted };
                    sender
                        .send(request(consume_request::Request::Credit(credit)))
                        .await?;
                }
            }
            Some(consume_response::Response::AckResults(told)) => {
                for result in told.results {
                    match result.result {
                        Some(ack_result::Result::Success(_)) => acknowledged += 1,
                        other => return Err(format!("{acknowledged}: {other:?}").into()),
                    }
                }
            }
            None => return Err("an answer that says nothing".into()),
        }
        if acknowledged == MESSAGES {
            requests = None;
        }
    }
    expect((received, acknowledged) == (MESSAGES, MESSAGES), || {
        format!("{received} received and {acknowledged} acknowledged")
    })
}

fn request(request: consume_request::Request) -> ConsumeRequest {
    ConsumeRequest {
        request: Some(request),
    }
}

fn acks(deliveries: Vec<Delivery>) -> ConsumeRequest {
    let acks = deliveries.into_iter().map(|delivery| Ack {
        receipt: delivery.receipt,
        outcome: Some(ack::Outcome::Ack(())),
    });
    request(consume_request::Request::Acks(ConsumeAcks {
        acks: acks.collect(),
    }))
}
