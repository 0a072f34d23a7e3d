//! A transaction in steps, and the pages of what it wrote.

use crate::prism::contract::prism::{
    reader::v1::{QueryRequest, reader_service_client::ReaderServiceClient},
    transact::v1::{
        Begin, Commit, DataWrite, Insert, Select, TransactionRequest, data_write,
        transact_service_client::TransactServiceClient, transaction_request::Request as Step,
        transaction_response::Response as Answer,
    },
    r#type::v1::{Comparison, Filter, Operator, Value, filter, value},
};
use crate::{Failure, expect, done};
use std::env;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    IntoRequest, IntoStreamingRequest, Request,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

const TABLE: &str = "clients";
const OWNER: &str = "rust";
const ROWS: i64 = 50;
const PAGE: u32 = 20;

pub async fn run(channel: Channel) -> Result<(), Failure> {
    transaction(channel.clone()).await?;
    done("transaction");
    read(channel).await?;
    done("read");
    Ok(())
}

fn in_session<S>(mut request: Request<S>, variable: &str) -> Result<Request<S>, Failure> {
    let token: MetadataValue<Ascii> = env::var(variable)?.parse()?;
    request.metadata_mut().insert("prism-session", token);
    Ok(request)
}

fn text(text: &str) -> Value {
    Value {
        kind: Some(value::Kind::StringValue(text.into())),
    }
}

fn own_rows() -> Option<Filter> {
    Some(Filter {
        condition: Some(filter::Condition::Comparison(Comparison {
            column: "owner".into(),
            op: Operator::Equal.into(),
            value: Some(text(OWNER)),
        })),
    })
}

/// Each step is answered before the next is sent; what it wrote is seen by it alone until it commits.
async fn transaction(channel: Channel) -> Result<(), Failure> {
    let (steps, outbound) = mpsc::channel(1);
    let request = |step| TransactionRequest {
        request: Some(step),
        ..Default::default()
    };
    steps.send(request(Step::Begin(Begin::default()))).await?;
    let mut answers = TransactServiceClient::new(channel)
        .transaction(in_session(
            ReceiverStream::new(outbound).into_streaming_request(),
            "TRANSACT_SESSION",
        )?)
        .await?
        .into_inner();
    let begun = answers.message().await?.and_then(|answer| answer.response);
    expect(matches!(begun, Some(Answer::Begun(_))), || {
        format!("answer to begin: {begun:?}")
    })?;
    for n in 0..ROWS {
        let values = [
            ("owner".to_string(), text(OWNER)),
            (
                "n".to_string(),
                Value {
                    kind: Some(value::Kind::Int64Value(n)),
                },
            ),
        ];
        let insert = DataWrite {
            table: TABLE.into(),
            operation: Some(data_write::Operation::Insert(Insert {
                values: values.into_iter().collect(),
            })),
        };
        steps.send(request(Step::Write(insert))).await?;
        let written = answers.message().await?.and_then(|answer| answer.response);
        expect(
            matches!(&written, Some(Answer::Write(result)) if result.rows == 1),
            || format!("answer to an insert: {written:?}"),
        )?;
    }
    let select = Select {
        table: TABLE.into(),
        filter: own_rows(),
        columns: vec!["n".into()],
        limit: ROWS as u32,
        ..Default::default()
    };
    steps.send(request(Step::Select(select))).await?;
    let selected = answers.message().await?.and_then(|answer| answer.response);
    expect(
        matches!(&selected, Some(Answer::Rows(rows)) if rows.rows.len() == ROWS as usize),
        || format!("before the commit: {selected:?}"),
    )?;
    steps.send(request(Step::Commit(Commit {}))).await?;
    let committed = answers.message().await?.and_then(|answer| answer.response);
    expect(matches!(committed, Some(Answer::Committed(_))), || {
        format!("answer to the commit: {committed:?}")
    })?;
    expect(answers.message().await?.is_none(), || {
        "an answer after the commit's".into()
    })
}

/// Page by page in the order of the key.
async fn read(channel: Channel) -> Result<(), Failure> {
    let query = QueryRequest {
        collection: TABLE.into(),
        filter: own_rows(),
        page_size: PAGE,
        ..Default::default()
    };
    let mut answers = ReaderServiceClient::new(channel)
        .query(in_session(query.into_request(), "READER_SESSION")?)
        .await?
        .into_inner();
    let mut pages = 0;
    let mut next = 0;
    while let Some(answer) = answers.message().await? {
        pages += 1;
        for row in answer.page.unwrap_or_default().rows {
            let number = row.values.get(1).and_then(|value| value.kind.clone());
            expect(number == Some(value::Kind::Int64Value(next)), || {
                format!("{number:?}, not {next}")
            })?;
            next += 1;
        }
    }
    expect(pages == (ROWS as u32).div_ceil(PAGE) && next == ROWS, || {
        format!("{next} rows in {pages} pages")
    })
}
