//! Access words: what an action does, in words that people plan and review with.

use std::fmt;
use std::str::FromStr;

use super::catalogue::{AccessLevel, Action};

/// What can be done to something, coarser than AWS's actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessWord {
    /// See that it exists and how it is set up, but not what is in it.
    List,
    /// Read what is in it.
    ReadData,
    /// Add to or change what is in it.
    WriteData,
    /// Remove what is in it.
    DeleteData,
    /// Make, change and remove the thing itself, its settings and its permissions.
    Administer,
    /// Act as it: assume a role, or hand it to something that runs one's code.
    Become,
}

impl AccessWord {
    /// Every word, the harmless first.
    pub const ALL: [Self; 6] =
        [Self::List, Self::ReadData, Self::WriteData, Self::DeleteData, Self::Administer, Self::Become];

    /// As people write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::ReadData => "read-data",
            Self::WriteData => "write-data",
            Self::DeleteData => "delete-data",
            Self::Administer => "administer",
            Self::Become => "become",
        }
    }

    /// What an action does.
    pub fn of(action: &Action) -> Self {
        match action.level {
            AccessLevel::List => Self::List,
            AccessLevel::Read => Self::ReadData,
            AccessLevel::Write => Self::WriteData,
            AccessLevel::PermissionsManagement | AccessLevel::Tagging | AccessLevel::Unknown => {
                Self::Administer
            }
        }
    }
}

impl FromStr for AccessWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|word| word.word() == text).ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|word| word.word()).collect();
            format!("`{text}` is no access word: one of {}", words.join(", "))
        })
    }
}

impl fmt::Display for AccessWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
