# What people read, in English. The same names stand in fr.ftl; a test holds the two together.

## Statuses
status-todo = To do
status-standby = Standby
status-won = Won
status-lost = Lost
status-cancelled = Cancelled
status-todo-meaning = Alive: act now.
status-standby-meaning = Alive: act later. It comes back to “To do” by itself at its moment.
status-won-meaning = Closed: the sale was made.
status-lost-meaning = Closed: a competitor got it.
status-cancelled-meaning = Closed: there was no sale at all, for anybody.

## Fields of a lead
field-title = title
field-description = description
field-amount = amount
field-currency = currency
field-probability = probability
field-expected-close-on = expected closing date
field-owner = owner
field-status = status
field-step = step
field-reason = reason
field-is-starred = star
field-closed-at = closing date
field-rank = place in the column
field-waking-reminder = reminder
field-reminder-state = state of the reminder
field-reminder-due-at = moment of the reminder
field-reminder-activity = activity of the reminder
field-reminder-note = note of the reminder

## A new account
pipeline-sales = Sales
step-to-qualify = To qualify
step-contacted = Contacted
step-met = Met
step-quote = Quote
step-negotiation = Final negotiation
reason-price = Better price
reason-quality = Better offer
reason-cheaper = A competitor was cheaper
reason-features = A competitor had more to offer
reason-no-budget = No budget
reason-no-answer = No answer

## Refusals
refused-not-found = { $what ->
    [lead] This lead does not exist, or you may not see it.
    [step] This step does not exist.
    [pipeline] This pipeline does not exist.
    [reminder] This reminder does not exist, or you may not see it.
    [reason] This reason does not exist.
    [user] There is nobody of this id in your account.
    [team] This team does not exist.
    [session] You have no such session.
    [key] There is no such key.
    [notification] You have no such notification.
    [endpoint] There is no such webhook, device or chat.
    [calendar] There is no such calendar address.
    [view] This view does not exist, or you may not see it.
    [event] There is nothing at this place of the journal, or you may not see it.
    [delivery] This delivery does not exist, or you may not see it.
   *[other] This does not exist, or you may not see it.
}
refused-not-allowed-owner = Only the owner of this lead, the owner’s manager or an administrator may do this.
refused-not-allowed-claim = Nobody owns this lead. Claim it first, or ask an administrator.
refused-not-allowed-administrator = Only an administrator may do this.
refused-not-allowed-session = An API key may not do this. Sign in as a person.
refused-not-allowed-reminder = Only the person reminded, or somebody who may edit the lead, may do this.
refused-not-allowed-view = Only the person whose view this is, or an administrator, may do this.
refused-not-allowed-undo = Only the person who did this, or an administrator, may undo it.
refused-illegal-transition = A lead that is “{ $current }” cannot become “{ $wanted }”.
refused-already-open = A lead that is “{ $current }” is open: there is nothing to reopen.
refused-reopen-first = A lead that is “{ $current }” has to be reopened for that.
refused-step-guard-failed = To enter “{ $step }” a lead needs: { $fields }.
refused-reason-required = Say why: a lead that becomes “{ $status }” needs a reason from your company’s list.
refused-version-conflict = Somebody changed this in the meantime: { $fields }. The lead is now at version { $version }.
refused-already-claimed = { $owner } was faster and owns this lead now.
refused-step-in-use = { $leads ->
    [one] One lead is in it. Name a target step for it.
   *[other] { $leads } leads are in it. Name a target step for them.
}
refused-last-step = A pipeline keeps at least one open step.
refused-pipeline-is-default = This is the default pipeline. Make another one the default first.
refused-reminder-pending = This reminder is still pending.
refused-reminder-fired = This reminder has already fired.
refused-reminder-done = This reminder is already done.
refused-reminder-cancelled = This reminder was cancelled.
refused-cannot-undo-kind = Such a change cannot be undone.
refused-cannot-undo-an-undo = An undo cannot be undone. Make the change again.
refused-cannot-undo-already = This has been undone already.
refused-cannot-undo-part = This was a part of a larger change. Undo the whole of it.
refused-cannot-undo-too-late = This is too long ago to be undone.
refused-cannot-undo-step-gone = The step that the lead was in does not exist any more.
refused-cannot-undo-pipeline-gone = The pipeline that the step was in does not exist any more.
refused-idempotency-key-reused = This Idempotency-Key was sent before with another input. Use a new key for a new request.
refused-wrong-credentials = E-mail address and password do not belong together.
refused-too-many-attempts = { $minutes ->
    [one] Too many attempts. Try again in a minute.
   *[other] Too many attempts. Try again in { $minutes } minutes.
}

## Values that cannot be taken
invalid-moment-past = This moment is past.
invalid-moment-too-far = This is too far away: at most { $years } years from now.
invalid-delay-not-positive = A delay must be longer than nothing.
invalid-time-zone-unknown = There is no such time zone. Use an IANA name such as Europe/Paris.
invalid-name-empty = This cannot be empty.
invalid-name-too-long = This is too long: at most { $longest } characters.
invalid-name-characters = This contains characters that cannot be shown.
invalid-name-taken = This name is taken.
invalid-name-like-status = “{ $name }” is the name of a status. Statuses and steps are two things: find another name for the step.
invalid-id-taken = This id cannot be used. Make a new one (UUID version 7).
invalid-filter-unreadable = No list takes this filter. { $problem }
invalid-id-malformed = This is not an id of the right kind.
invalid-email-taken = Somebody has this address already.
invalid-email-malformed = This is not an e-mail address.
invalid-password-length = A password has { $shortest } to { $longest } characters.
invalid-locale-unknown = Relance speaks: { $known }.
invalid-currency-unknown = “{ $value }” is no currency. Use an ISO 4217 code such as EUR.
invalid-amount-out-of-range = An amount is zero or more, and below 100,000,000,000,000.
invalid-amount-too-fine = { $places ->
    [0] { $currency } has no decimals.
    [one] { $currency } has one decimal.
   *[other] { $currency } has { $places } decimals.
}
invalid-not-per-cent = A probability is between 0 and 100.
invalid-dwell-out-of-range = The expected time in a step is between a second and ten years.
invalid-version-unknown = There is no such version. The lead is at version { $version }.
invalid-step-archived = “{ $step }” is archived and takes no leads.
invalid-pipeline-archived = This pipeline is archived.
invalid-before-and-after = Give one lead: before it, or after it.
invalid-move-without-target = Say where: a step, or a lead to put it before or after.
invalid-next-to-itself = It cannot be put next to itself.
invalid-not-in-step = This lead is not in that step (any more).
invalid-not-in-pipeline = This step is not in that pipeline.
invalid-not-in-account = There is no such pipeline.
invalid-target-is-deleted = The target is deleted too. Choose another step.
invalid-steps-number = A pipeline has 1 to { $most } steps.
invalid-user-deactivated = { $name } no longer works here.
invalid-cannot-see-lead = { $name } may not see this lead.
invalid-too-many-reminders = A lead has at most { $most } pending reminders.
invalid-lead-time-out-of-range = A lead time is between a minute and four weeks.
invalid-escalation-out-of-range = Somebody else is told after a minute to four weeks.
invalid-inactivity-out-of-range = Inactivity is between a day and ten years.
invalid-inactivity-has-no-moment = A reminder on inactivity comes when nobody has touched the lead for that long, and at no moment of its own.
invalid-reminder-needs-moment = Say when: a moment, or after how much inactivity.
invalid-reminder-comes-once = This reminder comes only once.
invalid-waking-cannot-dissolve = What brings a lead back from standby cannot dissolve: the lead would sleep on.
invalid-recurrence-malformed = This is no recurrence rule. Write it as in RFC 5545: FREQ=WEEKLY;BYDAY=MO.
invalid-recurrence-too-often = A reminder comes at most once a day: DAILY, WEEKLY, MONTHLY or YEARLY, at its own time.
invalid-recurrence-needs-day = What comes again starts on a day: give a local time, or a day.
invalid-recurrence-never = This rule names no day from now on.
invalid-standby-needs-moment = A lead stands by until a moment: say which.
invalid-only-for-standby = Only a lead in standby has a moment to wait for.
invalid-only-for-closed = Only a closed lead has this.
invalid-closed-before-creation = It cannot be closed before it was created.
invalid-too-long-ago = This is too long ago: not before { $year }.
invalid-in-the-future = This is in the future.
invalid-ends-before-it-starts = This ends before it starts.
invalid-reason-of-another-status = This reason is archived, or belongs to another status.
invalid-status-without-reasons = Only Won, Lost and Cancelled have reasons.
invalid-cannot-be-null = This cannot be null. Leave it out to keep what is there.
invalid-too-many-views = You have { $most } views, and there is no room for more. Delete one first.
invalid-too-many-calendars = You have { $most } calendar addresses, and there is no room for more. End one first.
invalid-cannot-seal = This deployment has no SECRET_KEY, so it cannot keep an address or a secret. Ask its operator.
invalid-no-web-push = Relance is not set up for push messages to browsers here: its operator has to set VAPID_PRIVATE_KEY.
invalid-no-native-push = Relance is not set up for push messages to telephones here: its operator has to set FCM_CREDENTIALS.
invalid-url-not-https = The address must begin with https://.
invalid-url-not-reachable = “{ $host }” is no public address, and this deployment sends to public ones only.
invalid-url-malformed = This is not the address of a server: https://, a host and a path, at most 2,000 characters.
invalid-url-with-password = An address with a user or a password in it is not kept. Check the signature instead.
invalid-scheme-not-offered = Relance does not send to such addresses here. It does to: { $offered }.
invalid-push-key-malformed = This is not the key of a push subscription, in base64url.
invalid-token-malformed = This is not a registration token.
invalid-chat-known = This chat is here already: it would be told of everything twice.
invalid-rotated-lately = This secret was rotated less than 24 hours ago, and the one before is still in use. Wait until it has ended, or make another webhook.
invalid-only-for-account = Only a chat of the company has this.
invalid-too-many-devices = You have { $most } devices, and there is no room for more. Remove one first.
invalid-too-many-chats = There are { $most } chats, and there is no room for more. Remove one first.
invalid-event-not-told = “{ $event }” is not told to webhooks and chats: only what happens to leads, reminders, steps and pipelines is.
invalid-too-many = At most { $most } at once.
invalid-rate-out-of-range = A rate is between 1 and { $most } messages a minute.
invalid-too-many-webhooks = An account has at most { $most } webhooks. Delete one first.
invalid-selection-unreadable = This is no selection of a lead. { $problem }
invalid-webhook-unwritable = Nothing can be written for this webhook: { $problem }.
invalid-position-unknown = There is no such event, or it is not one that webhooks are told of.
invalid-never-open = These hours would never let anything through. Leave an hour open on a working day.
invalid-no-days = Name at least one day.
invalid-inbox-has-no-pace = The inbox holds nothing back. Choose a pace for e-mail, push or chat.
invalid-holidays-unknown = Relance knows no holidays of this country, or of this part of it.
invalid-too-many-watches = You watch or mute { $most } things already. End one first.
invalid-too-many-watched-views = You watch { $most } views already. End one first.
invalid-stretch-too-long = At most { $days } days at once.
invalid-delivery-sent = This has arrived: there is nothing left to do.
invalid-delivery-joined = This goes within the message of a digest: send that one again.
invalid-delivery-cancelled = This was called off, and is not sent again.

## Advice
advice-moment-moved = The clocks of { $zone } skip that time; the reminder comes right after.
advice-reminders-kept = { $reminders ->
    [one] One other reminder of this lead is still pending.
   *[other] { $reminders } other reminders of this lead are still pending.
}
advice-many-steps = { $steps } steps are hard to see and to manage. Up to eight work best.
advice-guards-skipped = { $leads ->
    [one] One lead moved to “{ $step }” without being asked for what that step demands.
   *[other] { $leads } leads moved to “{ $step }” without being asked for what that step demands.
}
advice-secret-shown-once = Keep the key now: it is not shown again.
advice-may-arrive-twice = { $deliveries ->
    [one] This may have arrived before. It is sent once more, and may arrive twice.
   *[other] { $deliveries } of these may have arrived before. They are sent once more, and may arrive twice.
}

## What is wrong with a saved view
view-step-deleted = This view asks for the step “{ $step }”, which was deleted.
view-gone = { $what ->
    [step] This view asks for a step that does not exist any more.
    [pipeline] This view asks for a pipeline that does not exist any more.
    [user] This view asks for somebody who is not in your account any more.
    [reason] This view asks for a reason that does not exist any more.
    [team] This view asks for a team that does not exist any more.
   *[other] This view asks for something that does not exist any more, or that you may not see.
}
view-outdated = This view asks for something that Relance cannot look for any more: { $path }.

## Notifications
notice-reminder-due = “{ $lead }” is waiting for you: its reminder is due.
notice-reminder-ahead = { $in }: { $activity }, for “{ $lead }”.
notice-reminder-escalated = { $reminded } has not come back to “{ $lead }”, whose reminder came due.
notice-lead-assigned = { $actor } gave you the lead “{ $lead }”.
notice-lead-taken-away = { $actor } gave your lead “{ $lead }” to { $owner }.
notice-lead-left-to-nobody = { $actor } took the lead “{ $lead }” from you; nobody owns it now.
notice-status-changed = { $actor } set your lead “{ $lead }” to “{ $status }”.
notice-step-changed = { $actor } moved your lead “{ $lead }” to the step “{ $step }”.
notice-amount-changed = { $actor } set the amount of your lead “{ $lead }” to { $amount }.
notice-amount-removed = { $actor } removed the amount of your lead “{ $lead }”.
notice-watched-status-changed = { $actor } set the lead “{ $lead }” to “{ $status }”.
notice-watched-step-changed = { $actor } moved the lead “{ $lead }” to the step “{ $step }”.
notice-watched-amount-changed = { $actor } set the amount of the lead “{ $lead }” to { $amount }.
notice-watched-amount-removed = { $actor } removed the amount of the lead “{ $lead }”.
notice-owner-changed = { $actor } gave the lead “{ $lead }” to { $owner }.
notice-owner-removed = { $actor } took the lead “{ $lead }” from its owner; nobody owns it now.
notice-step-deleted = { $leads ->
    [one] { $actor } deleted the step “{ $before }”; one lead of yours is in “{ $step }” now.
   *[other] { $actor } deleted the step “{ $before }”; { $leads } leads of yours are in “{ $step }” now.
}
notice-pipeline-deleted = { $leads ->
    [one] { $actor } deleted the pipeline “{ $before }”; one lead of yours is in the step “{ $step }” now.
   *[other] { $actor } deleted the pipeline “{ $before }”; { $leads } leads of yours are in the step “{ $step }” now.
}
notice-endpoint-disabled = { $because ->
    [GONE] Nothing goes to { $endpoint } any more: the address says that it is gone for good.
   *[other] Nothing goes to { $endpoint } any more: it has taken nothing for five days. Mend it, and switch it on again.
}
notice-step-undone = { $leads ->
    [one] { $actor } brought the step “{ $before }” back; one lead of yours is in it again.
   *[other] { $actor } brought the step “{ $before }” back; { $leads } leads of yours are in it again.
}
notice-pipeline-undone = { $leads ->
    [one] { $actor } brought the pipeline “{ $before }” back; one lead of yours is in it again.
   *[other] { $actor } brought the pipeline “{ $before }” back; { $leads } leads of yours are in it again.
}
notice-email-bounced = An e-mail to { $email } came back. Nothing more is sent there until you confirm or change your address.
notice-somebody = Somebody
notice-reminder = Reminder
notice-subject = { $activity }: { $lead }
notice-subject-ahead = { $in }: { $activity }, { $lead }
detail-moment = Due
detail-activity = To do
detail-note = Note
detail-status = Status
detail-step = Step
detail-amount = Amount
detail-by = By

## E-mails
email-open = Open the lead
email-open-leads = Open your leads
email-detail = { $label }: { $value }
email-unsubscribe = No more e-mails of this kind
email-unsubscribe-all = No more e-mails
email-why = You get this e-mail because Relance tells you what concerns your leads and reminders. You can turn e-mails off in your preferences.
digest-subject = { $notices ->
    [one] One thing to know
   *[other] { $notices } things to know
}
digest-more = { $notices ->
    [one] And one more.
   *[other] And { $notices } more.
}

## Unsubscribing
unsubscribe-title = Fewer e-mails
unsubscribe-ask = Relance writes to { $email }. What should not come by e-mail any more?
unsubscribe-button = { $kind }
unsubscribe-done = Done
unsubscribe-done-words = No more e-mails of this kind: { $kind }. You can have them again: it is among your preferences.
unsubscribe-all = all e-mails
unsubscribe-reminder-due = reminders that come due
unsubscribe-lead-assigned = leads that you are given
unsubscribe-lead-taken-away = leads that are taken from you
unsubscribe-status-changed = changes of status
unsubscribe-step-changed = changes of step
unsubscribe-amount-changed = changes of amount
unsubscribe-email-bounced = e-mails that came back

## The calendar
calendar-name = Relance reminders

## Roles
role-administrator = administrator
role-team-manager = team manager
role-user = salesperson

## What happened to a lead, in its history
event-set-up = The steps or pipelines of the account have changed.
event-clock = The clock
event-lead-created = { $actor } created the lead.
event-lead-edited = { $actor } changed: { $fields }.
event-lead-moved = { $actor } moved the lead to “{ $step }”.
event-lead-reordered = { $actor } gave the lead another place in its column.
event-lead-assigned = { $actor } gave the lead to { $owner }.
event-lead-left-to-nobody = { $actor } left the lead to whoever claims it.
event-lead-claimed = { $actor } claimed the lead.
event-lead-starred = { $actor } starred the lead.
event-lead-unstarred = { $actor } took the lead’s star away.
event-lead-stood-by = { $actor } put the lead on standby until { $when }.
event-lead-taken-up = { $actor } took the lead up again.
event-lead-won = { $actor } won the lead.
event-lead-lost = { $actor } lost the lead.
event-lead-cancelled = { $actor } cancelled the lead.
event-lead-reopened = { $actor } reopened the lead.
event-lead-closing-corrected = { $actor } corrected when the lead was closed: { $when }.
event-lead-undone = { $actor } undid a change of: { $fields }.
event-lead-undone-place = { $actor } undid a change of the lead’s place in its column.
event-lead-undone-reminder = { $actor } undid a change of the lead’s reminder.
event-reminder-set = { $actor } set a reminder for { $when }.
event-reminder-moved = { $actor } changed a reminder.
event-reminder-snoozed = { $actor } snoozed a reminder.
event-reminder-fired = A reminder came due.
event-reminder-done = { $actor } marked a reminder as done.
event-reminder-cancelled = { $actor } cancelled a reminder.
event-reminder-ahead = Somebody was told ahead of a reminder.
event-reminder-skipped = { $actor } skipped a recurring reminder once.
event-reminder-series-ended = A recurring reminder came to its end.
event-reminder-postponed = A reminder on inactivity waits anew, until { $when }.
event-reminder-dissolved = { $because ->
    [STATUS_CHANGED] A reminder was called off: the status had changed.
    [STEP_LEFT] A reminder was called off: the lead had left its step.
   *[other] A reminder was called off: somebody had taken care of the lead.
}
event-reminder-escalated = Nobody had acknowledged a reminder: others were told.
event-reminder-acknowledged = A reminder was acknowledged in time.

## The trail of a reminder, a notification or a delivery
trail-somebody = Somebody
trail-channel-inbox = the inbox
trail-channel-email = e-mail
trail-channel-webhook = webhook
trail-channel-push = push message
trail-channel-chat = chat
trail-happened = { $actor } did this.
trail-set = { $actor } set the reminder for { $until }.
trail-moved = { $actor } moved the reminder to { $until }.
trail-snoozed = { $actor } put the reminder off until { $until }.
trail-due = Its moment came.
trail-fired = The clock fired it, { $late } after its moment.
trail-told = { $reader } is told.
trail-joined = It joined a digest, which goes out at { $until } ({ $channel }).
trail-held = Held until { $until } ({ $channel }) { $because ->
    [MORNING] because only a day was chosen, and the day had not begun.
    [QUIET_HOURS] because of quiet hours.
    [DAY_OFF] because it was not a working day.
    [DIGEST] because it goes out with a digest.
    [UNDO] because it could still be undone.
   *[other] because it was not to go before.
}
trail-shown = { $reader } can see it in the inbox.
trail-queued = It is to go out ({ $channel }).
trail-sending = Attempt { $number } has begun ({ $channel }).
trail-refused = Attempt { $number } was refused ({ $channel }): { $error }
trail-rejected = Attempt { $number } was refused for good ({ $channel }): { $error }
trail-gone = Attempt { $number } found nobody there any more ({ $channel }): { $error }
trail-ambiguous = Attempt { $number } broke off and may have arrived ({ $channel }): { $error }
trail-interrupted = Attempt { $number } ended before anything was sent ({ $channel }).
trail-delivered = Attempt { $number } arrived ({ $channel }).
trail-dead = It was given up ({ $channel }): { $error }
trail-replayed = It was sent on its way again ({ $channel }).
trail-read = { $reader } read it.
trail-done = { $actor } marked it as done.
trail-called-off = It was called off: there was nothing left to tell.

## Why something was not delivered
why-called-off = It was called off before anybody was told.
why-not-due = Its moment is still to come: { $until }.
why-set-aside = The clock could not fire it and set it aside. An operator has to look.
why-dead = It was given up after attempt { $number } ({ $channel }): { $error }
why-ambiguous = It may have arrived ({ $channel }), and was not sent another time: { $error }
why-endpoint-disabled = Where it goes ({ $channel }) is switched off.
why-endpoint-paused = Where it goes ({ $channel }) has failed again and again and is spared until { $until }.
why-retrying = Attempt { $number } failed ({ $channel }): { $error } The next one comes at { $until }.
why-held = It is held until { $until } ({ $channel }) { $because ->
    [MORNING] because only a day was chosen, and the day had not begun.
    [QUIET_HOURS] because of quiet hours.
    [DAY_OFF] because it was not a working day.
    [DIGEST] because it goes out with a digest.
    [UNDO] because it could still be undone.
   *[other] because it was not to go before.
}
why-rate-limited = It is due, and goes at { $until }: no more than so many messages a minute are sent there ({ $channel }).
why-pending = It is due, and its turn comes.
why-sending = It is on its way this very moment ({ $channel }).
why-not-wanted = It was called off ({ $channel }): there was nothing left to tell, or it was not wanted any more.
why-delivered = It was delivered.
why-channel-off = It is in the inbox. No other channel is on record: they are off, or it is so old that the record is gone.
why-no-channel = There was nobody to tell, or no channel to tell them by.
