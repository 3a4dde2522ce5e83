//! Caches of stages. A second flush does no harm, and an empty cache is no loss.

use std::cell::Cell;

use super::{Context, put_back};
use crate::engine::{Found, StepError, Undone, Words, Write, send};
use crate::model::Cache;

/// Empties the cache of a stage.
pub async fn flush(cx: &Context<'_>, cache: &Cache) -> Result<(), StepError> {
    let Cache { api, id, stage } = cache;
    let what = format!("the cache of stage {stage} of {api}");
    let write = Write::new(format!("failed to flush {what}"), Vec::new()).waits_for_conflicts();
    let call = async || cx.run.world.aws.rest_apis.flush_cache(id, stage).await;
    send(&cx.run, write, call, async || Ok(None)).await?;
    cx.run.done(format!("{what} flushed"));
    Ok(())
}

/// Flushes the cache after everything else was put back, so that only answers of the previous code are cached.
pub async fn undo(cx: &Context<'_>, cache: &Cache) -> Undone {
    let Cache { api, id, stage } = cache;
    let words = Words {
        what: format!("the cache of stage {stage} of REST API {id}"),
        restored: format!("the cache of stage {stage} of {api} flushed"),
        by_hand: cx.aws(&format!("apigateway flush-stage-cache --rest-api-id {id} --stage-name {stage}")),
        to_look: cx.aws(&format!("apigateway get-stage --rest-api-id {id} --stage-name {stage}")),
    };
    // A cache cannot be looked at: that it was flushed is all there is to see.
    let flushed = Cell::new(false);
    let look = async || Ok(if flushed.get() { Found::AsBefore } else { Found::Ours(()) });
    let write = async |()| {
        cx.run.world.aws.rest_apis.flush_cache(id, stage).await?;
        flushed.set(true);
        Ok(())
    };
    put_back(cx, words, look, write).await
}
