//! The four kinds of calls, on gRPC's own test service.

mod contract {
    #![allow(dead_code)]
    include!(concat!(env!("OUT_DIR"), "/testservice_contract.rs"));
}

use crate::{Failure, done, expect};
use contract::grpc::testing::{
    Payload, ResponseParameters, SimpleRequest, StreamingInputCallRequest,
    StreamingOutputCallRequest, test_service_client::TestServiceClient,
};
use tokio::sync::mpsc;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::transport::Channel;

const REQUEST_SIZES: [usize; 4] = [27182, 8, 1828, 45904];
const RESPONSE_SIZES: [usize; 4] = [31415, 9, 2653, 58979];

type Client = TestServiceClient<Channel>;

pub async fn run(channel: Channel) -> Result<(), Failure> {
    let mut client = Client::new(channel);
    unary(&mut client).await?;
    done("unary");
    client_streaming(&mut client).await?;
    done("client streaming");
    server_streaming(&mut client).await?;
    done("server streaming");
    bidirectional(&mut client).await?;
    done("bidirectional");
    Ok(())
}

async fn unary(client: &mut Client) -> Result<(), Failure> {
    let request = SimpleRequest {
        response_size: 314159,
        payload: payload(271828),
    };
    let answer = client.unary_call(request).await?.into_inner();
    expect_size(answer.payload, 314159)
}

async fn client_streaming(client: &mut Client) -> Result<(), Failure> {
    let requests = REQUEST_SIZES.map(|size| StreamingInputCallRequest {
        payload: payload(size),
    });
    let answer = client
        .streaming_input_call(tokio_stream::iter(requests))
        .await?
        .into_inner();
    let sum = answer.aggregated_payload_size;
    expect(sum == 74922, || format!("the sum is {sum}, not 74922"))
}

async fn server_streaming(client: &mut Client) -> Result<(), Failure> {
    let request = StreamingOutputCallRequest {
        response_parameters: RESPONSE_SIZES.map(parameters).to_vec(),
        payload: None,
    };
    let mut answers = client.streaming_output_call(request).await?.into_inner();
    for size in RESPONSE_SIZES {
        let answer = answers.message().await?.ok_or("the stream ended early")?;
        expect_size(answer.payload, size)?;
    }
    expect(answers.message().await?.is_none(), || {
        "a message too many".into()
    })
}

/// Each request is sent after the answer to the one before.
async fn bidirectional(client: &mut Client) -> Result<(), Failure> {
    let (requests, outbound) = mpsc::channel(1);
    let request = |i: usize| StreamingOutputCallRequest {
        response_parameters: vec![parameters(RESPONSE_SIZES[i])],
        payload: payload(REQUEST_SIZES[i]),
    };
    // tonic answers the call once the server's headers are here, and a server may send none before its first message.
    requests.send(request(0)).await?;
    let mut answers = client
        .full_duplex_call(ReceiverStream::new(outbound))
        .await?
        .into_inner();
    for i in 0..RESPONSE_SIZES.len() {
        if i > 0 {
            requests.send(request(i)).await?;
        }
        let answer = answers.next().await.ok_or("the stream ended early")??;
        expect_size(answer.payload, RESPONSE_SIZES[i])?;
    }
    drop(requests);
    expect(answers.message().await?.is_none(), || {
        "a message too many".into()
    })
}

fn payload(size: usize) -> Option<Payload> {
    Some(Payload {
        body: vec![0; size],
    })
}

fn parameters(size: usize) -> ResponseParameters {
    ResponseParameters { size: size as i32 }
}

fn expect_size(payload: Option<Payload>, size: usize) -> Result<(), Failure> {
    let bytes = payload.map_or(0, |payload| payload.body.len());
    expect(bytes == size, || {
        format!("a payload of {bytes} bytes, not {size}")
    })
}
