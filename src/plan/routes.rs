//! Which method of a REST API, or route of an HTTP API, a request reaches, and what it calls.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html>

use std::collections::BTreeMap;

use super::stack::{Api, Function, Stack};
use crate::model::{ApiKey, ApiKind, Integration};

/// The path of the route that takes what no other route does.
pub(super) const DEFAULT_ROUTE: &str = "$default";

/// A method that a request reaches.
pub(super) struct Route<'s, 'a> {
    pub(super) api: &'s Api<'a>,
    pub(super) integration: &'a Integration,
    /// The released function that it calls.
    pub(super) function: Option<&'s Function<'a>>,
    /// The values of the path's parameters, as they are in the path.
    pub(super) parameters: BTreeMap<String, String>,
}

impl Route<'_, '_> {
    /// `GET /hello`, or `$default`.
    pub(super) fn key(&self) -> String {
        let Integration { method, path, .. } = self.integration;
        if path == DEFAULT_ROUTE { path.clone() } else { format!("{method} {path}") }
    }
}

/// Finds the method that a request with this path, which may have a query, reaches on the stage of an API.
pub(super) fn find<'s, 'a>(stack: &'s Stack<'a>, api: &ApiKey, method: &str, path: &str) -> Option<Route<'s, 'a>> {
    let api = stack.apis.iter().find(|found| found.key == api)?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let all = &api.observed.definition.integrations;
    if api.observed.kind == ApiKind::Http {
        let (integration, parameters) = of_http(all, method, path)?;
        return Some(route(stack, api, integration, parameters));
    }
    let matched = all.iter().filter_map(|integration| Some((matches(&integration.path, path)?, &integration.path)));
    // The resource that says more of the path wins, also where it does not take the method.
    let ((_, parameters), resource) = matched.min_by(|((one, _), _), ((other, _), _)| one.cmp(other))?;
    let of_method = |method: &str| all.iter().find(|found| found.path == *resource && found.method == method);
    let integration = of_method(method).or_else(|| of_method("ANY"))?;
    Some(route(stack, api, integration, parameters))
}

fn route<'s, 'a>(
    stack: &'s Stack<'a>,
    api: &'s Api<'a>,
    integration: &'a Integration,
    parameters: BTreeMap<String, String>,
) -> Route<'s, 'a> {
    let call = api.calls.iter().find(|call| std::ptr::eq(call.integration, integration));
    let function = call.and_then(|call| stack.functions.iter().find(|function| function.key == call.function));
    Route { api, integration, function, parameters }
}

/// Method and path match together: the one that says more of the path wins, of these one with the method before `ANY`, and
/// `$default` takes the rest.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation>
fn of_http<'a>(
    all: &'a [Integration],
    method: &str,
    path: &str,
) -> Option<(&'a Integration, BTreeMap<String, String>)> {
    let takes = |route: &Integration| route.method == method || route.method == "ANY";
    let routes = all.iter().filter(|route| route.path != DEFAULT_ROUTE && takes(route));
    let matched = routes.filter_map(|route| Some((route, matches(&route.path, path)?)));
    let best = matched.min_by_key(|(route, (ranks, _))| (ranks.clone(), route.method == "ANY"));
    let default = || Some((all.iter().find(|route| route.path == DEFAULT_ROUTE)?, BTreeMap::new()));
    best.map(|(route, (_, parameters))| (route, parameters)).or_else(default)
}

/// Whether a resource's path, such as `/hello/{name}` or `/{proxy+}`, takes this one: how much each part leaves open
/// (nothing, a part, the rest), and the values of its parameters.
fn matches(resource: &str, path: &str) -> Option<(Vec<u8>, BTreeMap<String, String>)> {
    let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (pattern, found) = (parts(resource), parts(path));
    let (mut ranks, mut parameters) = (Vec::new(), BTreeMap::new());
    for (index, part) in pattern.iter().enumerate() {
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let value = found.get(index)?;
        match name.map(|name| (name, name.strip_suffix('+'))) {
            None if part == value => ranks.push(0),
            None => return None,
            Some((_, Some(name))) => {
                ranks.push(2);
                parameters.insert(name.to_owned(), found[index..].join("/"));
                return Some((ranks, parameters));
            }
            Some((name, None)) => {
                ranks.push(1);
                parameters.insert(name.to_owned(), value.clone());
            }
        }
    }
    (pattern.len() == found.len()).then_some((ranks, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_more_of_the_path_comes_first() {
        let ranks = |resource| matches(resource, "/hello/ada").map(|(ranks, _)| ranks);
        let resources = ["/hello/ada", "/hello/{name}", "/hello/{rest+}", "/{name}/ada", "/{proxy+}"];
        let all: Vec<_> = resources.iter().map(|resource| ranks(resource).unwrap()).collect();
        assert!(all.is_sorted(), "{all:?}");
        assert_eq!([ranks("/hello"), ranks("/hello/{name}/x"), ranks("/")], [None, None, None]);
    }

    #[test]
    fn parameters_have_their_values() {
        let parameters = |resource, path| matches(resource, path).unwrap().1.into_iter().collect::<Vec<_>>();
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert_eq!(parameters("/hello/{name}", "/hello/ada"), pair("name", "ada"));
        assert_eq!(parameters("/{proxy+}", "/hello/ada"), pair("proxy", "hello/ada"));
        assert_eq!(parameters("/", "/"), []);
    }
}
