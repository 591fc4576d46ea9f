//! Basic credentials, as servers and proxies want them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A user name and a password (RFC 7617 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password or token.
    pub password: String,
}

impl Login {
    /// What the value of an `Authorization` or `Proxy-Authorization` field says; `None` where it is another scheme or malformed.
    pub fn from_basic(value: &[u8]) -> Option<Self> {
        let (scheme, encoded) = std::str::from_utf8(value).ok()?.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some(Self {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    /// Whether the value of an `Authorization` field opens what wants this login: as user name and password, or with the password
    /// alone as a bearer token (RFC 6750 §2.1).
    pub fn is_brought_by(&self, value: &[u8]) -> bool {
        let bearer = || {
            let (scheme, token) = std::str::from_utf8(value).ok()?.trim().split_once(' ')?;
            Some(scheme.eq_ignore_ascii_case("bearer") && token.trim() == self.password)
        };
        Self::from_basic(value).as_ref() == Some(self) || bearer().unwrap_or(false)
    }

    /// The value of an `Authorization` or `Proxy-Authorization` field that carries it.
    pub fn to_basic(&self) -> String {
        format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{}", self.user, self.password))
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn another_scheme_and_bad_base64_are_no_login() {
        for value in ["", "Basic", "Bearer dTpw", "Basic %%%", "Basic dXNlcg=="] {
            assert_eq!(Login::from_basic(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn a_login_is_brought_by_basic_credentials_and_by_its_password_as_a_token() {
        let login = Login {
            user: "dev".to_owned(),
            password: "token".to_owned(),
        };
        assert!(login.is_brought_by(login.to_basic().as_bytes()));
        assert!(login.is_brought_by(b"bearer token"));
        for other in ["Bearer tokens", "Bearer", "token", "Digest token", ""] {
            assert!(!login.is_brought_by(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn the_example_of_the_specification_is_read() {
        let login = Login::from_basic(b"basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").unwrap();
        assert_eq!(
            (login.user.as_str(), login.password.as_str()),
            ("Aladdin", "open sesame")
        );
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(user in "[^:]{0,12}", password in ".{0,12}") {
            let login = Login { user, password };
            prop_assert_eq!(Login::from_basic(login.to_basic().as_bytes()), Some(login));
        }
    }
}
