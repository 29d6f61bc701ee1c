//! The parts of a deployment, as its settings have them.

use aws_config::SdkConfig;

use super::Config;
use crate::aws::{Duty, NoCredentials};
use crate::clock::Clock;
use crate::desk::{Desk, DoctorsFunction, Issuer};
use crate::in_force::InForce;
use crate::inventory::Inventory;
use crate::lambda::Functions;
use crate::practice::Practice;
use crate::sts::Sts;

impl Config {
    /// The part that talks about access.
    ///
    /// # Errors
    /// A place lies in an account without credentials.
    pub fn desk(
        &self,
        sdk: &SdkConfig,
        in_force: InForce,
        clock: Clock,
    ) -> Result<Desk, NoCredentials> {
        let inventory = Inventory::new(&self.ground.accounts(sdk, Duty::Look), &self.terms.places)?;
        Ok(Desk::new(
            self.terms(),
            in_force,
            self.ground.ledger(sdk),
            inventory,
            self.doctor
                .clone()
                .map(|name| DoctorsFunction::new(Functions::new(sdk), name)),
            clock,
        ))
    }

    /// The part that has instances examined.
    ///
    /// # Errors
    /// A place lies in an account without credentials.
    pub fn practice(
        &self,
        sdk: &SdkConfig,
        in_force: InForce,
        clock: Clock,
    ) -> Result<Practice, NoCredentials> {
        let inventory = Inventory::new(&self.ground.accounts(sdk, Duty::Look), &self.terms.places)?;
        let doctor = self.ground.doctor(sdk)?;
        Ok(Practice::new(
            self.terms(),
            in_force,
            inventory,
            doctor,
            clock,
        ))
    }

    /// The part that hands access out.
    ///
    /// # Errors
    /// A place lies in an account without credentials.
    pub fn issuer(
        &self,
        sdk: &SdkConfig,
        in_force: InForce,
        clock: Clock,
    ) -> Result<Issuer, NoCredentials> {
        let inventory = Inventory::new(&self.ground.accounts(sdk, Duty::Look), &self.terms.places)?;
        Ok(Issuer::new(
            self.terms(),
            in_force,
            self.ground.ledger(sdk),
            inventory,
            Sts::new(sdk),
            clock,
        ))
    }
}
