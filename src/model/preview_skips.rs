//! What of a preview needs nothing.

use super::{PreviewPlan, PreviewStep};

impl PreviewPlan {
    /// What needs nothing, and why, in words.
    pub fn skipped(&self) -> Vec<String> {
        let functions = self.functions.iter().filter(|function| function.step == PreviewStep::Nothing);
        let functions = functions.map(|function| format!("function {}: it runs this code already", function.name));
        let apis = self.apis.iter().filter(|api| api.standing.is_some() && !api.deploys);
        functions.chain(apis.map(|api| format!("API {}: it serves this definition already", api.name))).collect()
    }
}
