//! A path whose answer shows which deployment a stage serves.

use crate::support::{Aws, Stack};

/// `/probe` of a stack's API.
pub(super) struct Probe {
    /// The id of its resource.
    resource: String,
}

impl Probe {
    /// Adds the path to the API.
    pub(super) fn new(stack: &Stack) -> Self {
        Self { resource: path(stack, "probe") }
    }

    /// Changes its answer, which callers see from the next deployment on. Returns the status of the new answer.
    pub(super) fn change(&self, stack: &Stack, round: u32) -> u16 {
        let status = u16::try_from(201 + round % 90).unwrap();
        Aws::shared().put_mock(&stack.api, &self.resource, status);
        status
    }

    /// Returns the status that the stage answers with now.
    pub(super) fn status(stack: &Stack) -> u16 {
        stack.call("/probe").status
    }
}

/// Adds a path with a method to a stack's API. Returns the id of its resource.
pub(super) fn path(stack: &Stack, part: &str) -> String {
    let resource = Aws::shared().add_resource(&stack.api, stack.root(), part);
    Aws::shared().add_method(&stack.api, &resource, "GET");
    resource
}
