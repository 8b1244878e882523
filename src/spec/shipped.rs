//! The templates that come with hatrack.

/// Name and text of each.
pub const TEMPLATES: &[(&str, &str)] = &[];
