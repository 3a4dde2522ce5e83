//! The URLs of functions: which are reported, and whose callers do not get what is released of an alias.

use super::stack::Function;
use crate::model::{Plan, Qualifier, Ref, UrlAuth, UrlEndpoint, Warning};

pub(super) fn decide(function: &Function<'_>, plan: &mut Plan) {
    plan.function_urls.extend(endpoint(function));
    if let (Some(alias), Some(own)) = (&function.settings.alias, function.observed.urls.get(&Qualifier::Latest)) {
        let (function, alias, url) = (function.key.clone(), alias.value.clone(), own.url.clone());
        plan.warnings.push(Warning::UrlBesideAlias { function, alias, url });
    }
}

/// The URL that is reported and asked: that of the alias, or else the function's own.
pub(super) fn endpoint(function: &Function<'_>) -> Option<UrlEndpoint> {
    let (_, found) = function.observed.url_of(&function.qualifier())?;
    let url = Ref::Existing(found.url.clone());
    Some(UrlEndpoint { function: function.key.clone(), url, signed: found.auth == UrlAuth::Iam })
}
