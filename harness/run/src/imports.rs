//! go-import pages, from the plan to the server.

use modfault_kit::Login;
use modfault_web::{Gate, GoImport, Refusal};
use modfault_world::host::{GoImport as Planned, Otherwise};

/// What the page says and to whom, as `planned`.
pub(crate) fn go_import(planned: &Planned) -> GoImport {
    GoImport {
        vcs: planned.vcs.clone(),
        repository: planned.repository.clone(),
        subdirectory: planned.subdirectory.clone(),
        gate: planned.login.as_ref().map(|login| Gate {
            login: Login {
                user: login.user.clone(),
                password: login.password.clone(),
            },
            otherwise: match planned.otherwise {
                Otherwise::Unauthorized => Refusal::Unauthorized,
                Otherwise::NotFound => Refusal::NotFound,
                Otherwise::LoginPage => Refusal::LoginPage,
                Otherwise::TwoElements => Refusal::TwoElements,
            },
        }),
    }
}
