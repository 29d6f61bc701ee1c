//! Recording what the rules say, and carrying it out.

use rules::names::RequestId;
use rules::request::Request;
use rules::step::Step;
use rules::sweep::{Look, termination_failed};

use super::site::Run;
use crate::ledger::{LedgerFault, RequestFile};

impl Run<'_> {
    /// Records a step. Gives the request after it, or nothing where that did not work.
    pub(super) async fn take(&self, step: Step) -> Option<Request> {
        let id = step.request().id();
        match self.sweeper.ledger.record(&step, None, self.now()).await {
            Ok(()) => {
                self.count(&step);
                Some(step.request().clone())
            }
            // Whoever was faster has changed what the step was judged on.
            Err(LedgerFault::LostRace) => {
                self.tally(|tally| tally.lost_race());
                None
            }
            Err(fault) => {
                self.report_fault(Some(id), fault).await;
                None
            }
        }
    }

    /// Records what a look found, and only then terminates. Gives the request after it.
    pub(super) async fn carry_out(&self, looked: Look) -> Option<Request> {
        let step = looked.step?;
        let sessions = step.sessions().to_vec();
        let mut request = self.take(step).await?;
        for eviction in looked.evictions {
            let record = sessions
                .iter()
                .find(|record| record.id.to_string() == eviction.session());
            match self.sweeper.ssm.terminate(eviction).await {
                Ok(()) => self.tally(|tally| tally.terminated()),
                // It is on record as told. Where the failure cannot be recorded, SSM is told again
                // all the same, only later.
                Err(fault) => {
                    self.trouble(Some(request.id()), &fault);
                    let step = record.and_then(|record| {
                        termination_failed(&request, record, &fault.code, self.now())
                    });
                    if let Some(step) = step
                        && let Some(after) = self.take(step).await
                    {
                        request = after;
                    }
                }
            }
        }
        Some(request)
    }

    /// A request with its sessions; nothing where it cannot be had, which is reported.
    pub(super) async fn file(&self, id: RequestId) -> Option<RequestFile> {
        match self.sweeper.ledger.file(id).await {
            Ok(file) => file,
            Err(fault) => {
                self.report_fault(Some(id), fault).await;
                None
            }
        }
    }

    /// Reports a fault of the ledger; a damaged record is taken off the index.
    pub(super) async fn report_fault(&self, id: Option<RequestId>, fault: LedgerFault) {
        self.trouble(id, &fault);
        if let (LedgerFault::Corrupt { .. }, Some(id)) = (&fault, id) {
            match self.sweeper.ledger.quarantine(id, self.now()).await {
                Ok(()) => self.tally(|tally| tally.quarantined()),
                Err(fault) => self.trouble(Some(id), &fault),
            }
        }
    }
}
