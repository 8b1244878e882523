//! Messages to topics of SNS.

use std::time::Duration;

use aws_sdk_sns::types::MessageAttributeValue;

use super::client::Link;
use super::error::Fault;
use crate::account::{Topic, TopicMessage};

/// AWS takes 256 KiB with all attributes.
const BYTES_MAX: usize = 200_000;
/// Nobody waits for a result because of a message about it.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn publish(link: &Link, message: &TopicMessage) -> Result<(), String> {
    let TopicMessage { topic: Topic { arn, region, account: _ }, subject, body, texts, numbers, lists } =
        message;
    let attribute = |kind: &str, value: String| {
        MessageAttributeValue::builder()
            .data_type(kind)
            .string_value(value)
            .build()
            .map_err(|e| e.to_string())
    };
    let body: String =
        body.char_indices().take_while(|(at, c)| at + c.len_utf8() <= BYTES_MAX).map(|(_, c)| c).collect();
    let sns = link.sns(region);
    let mut call = sns.publish().topic_arn(arn).subject(subject).message(body);
    for (name, text) in texts {
        call = call.message_attributes(*name, attribute("String", text.clone())?);
    }
    for (name, number) in numbers {
        call = call.message_attributes(*name, attribute("Number", number.to_string())?);
    }
    for (name, list) in lists {
        let list = serde_json::to_string(list).map_err(|error| error.to_string())?;
        call = call.message_attributes(*name, attribute("String.Array", list)?);
    }
    // A second copy after a lost answer is better than none.
    let sent = link.ask(async || -> Result<(), Fault> {
        call.clone().send().await?;
        Ok(())
    });
    match tokio::time::timeout(PATIENCE, sent).await {
        Ok(sent) => sent.map_err(|fault| fault.reason("sns:Publish")),
        Err(_) => Err(format!("sns:Publish had no answer in {} s", PATIENCE.as_secs())),
    }
}
