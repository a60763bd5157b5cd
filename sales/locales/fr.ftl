# Ce que les gens lisent, en français. Les mêmes noms sont dans en.ftl ; un test tient les deux ensemble.

## Statuses
status-todo = À faire
status-standby = En attente
status-won = Gagné
status-lost = Perdu
status-cancelled = Annulé
status-todo-meaning = En vie : agir maintenant.
status-standby-meaning = En vie : agir plus tard. Elle revient d’elle-même dans « À faire » le moment venu.
status-won-meaning = Close : la vente est faite.
status-lost-meaning = Close : un concurrent l’a emportée.
status-cancelled-meaning = Close : il n’y a pas eu de vente du tout, pour personne.

## Fields of a lead
field-title = titre
field-description = description
field-amount = montant
field-currency = devise
field-probability = probabilité
field-expected-close-on = date de conclusion prévue
field-owner = responsable
field-status = statut
field-step = étape
field-reason = raison
field-is-starred = étoile
field-closed-at = date de clôture
field-rank = place dans la colonne
field-waking-reminder = rappel
field-reminder-state = état du rappel
field-reminder-due-at = moment du rappel
field-reminder-activity = action du rappel
field-reminder-note = note du rappel

## A new account
pipeline-sales = Ventes
step-to-qualify = À qualifier
step-contacted = Contacté
step-met = Rencontré
step-quote = Devis
step-negotiation = Négociation finale
reason-price = Meilleur prix
reason-quality = Meilleure offre
reason-cheaper = Un concurrent était moins cher
reason-features = Un concurrent offrait davantage
reason-no-budget = Pas de budget
reason-no-answer = Pas de réponse

## Refusals
refused-not-found = { $what ->
    [lead] Cette opportunité n’existe pas, ou vous n’y avez pas accès.
    [step] Cette étape n’existe pas.
    [pipeline] Ce tunnel de vente n’existe pas.
    [reminder] Ce rappel n’existe pas, ou vous n’y avez pas accès.
    [reason] Ce motif n’existe pas.
    [user] Personne dans votre compte ne porte cet identifiant.
    [team] Cette équipe n’existe pas.
    [session] Vous n’avez pas de telle session.
    [key] Cette clé n’existe pas.
    [notification] Vous n’avez pas de telle notification.
    [endpoint] Il n’y a pas de tel webhook, appareil ou chat.
    [calendar] Cette adresse d’agenda n’existe pas.
    [view] Cette vue n’existe pas, ou vous n’y avez pas accès.
    [event] Il n’y a rien à cet endroit du journal, ou vous ne pouvez pas le voir.
    [delivery] Cet envoi n’existe pas, ou vous n’y avez pas accès.
   *[other] Cela n’existe pas, ou vous n’y avez pas accès.
}
refused-not-allowed-owner = Seuls le responsable de cette opportunité, son chef d’équipe ou un administrateur peuvent faire cela.
refused-not-allowed-claim = Personne n’est responsable de cette opportunité. Prenez-la d’abord, ou demandez à un administrateur.
refused-not-allowed-administrator = Seul un administrateur peut faire cela.
refused-not-allowed-session = Une clé d’API ne peut pas faire cela. Connectez-vous en personne.
refused-not-allowed-reminder = Seuls la personne à qui ce rappel est destiné et ceux qui peuvent modifier l’opportunité peuvent faire cela.
refused-not-allowed-view = Seuls la personne à qui cette vue appartient et les administrateurs peuvent faire cela.
refused-not-allowed-undo = Seule la personne qui l’a fait, ou un administrateur, peut l’annuler.
refused-illegal-transition = Une opportunité « { $current } » ne peut pas devenir « { $wanted } ».
refused-already-open = Une opportunité « { $current } » est ouverte : il n’y a rien à rouvrir.
refused-reopen-first = Une opportunité « { $current } » doit d’abord être rouverte.
refused-step-guard-failed = Pour entrer dans « { $step } », il manque à l’opportunité : { $fields }.
refused-reason-required = Dites pourquoi : une opportunité qui devient « { $status } » demande un motif de la liste de votre entreprise.
refused-version-conflict = Quelqu’un a modifié ceci entre-temps : { $fields }. L’opportunité en est à la version { $version }.
refused-already-claimed = { $owner } a été plus rapide et s’en occupe désormais.
refused-step-in-use = { $leads ->
    [one] Une opportunité s’y trouve. Indiquez l’étape où la placer.
   *[other] { $leads } opportunités s’y trouvent. Indiquez l’étape où les placer.
}
refused-last-step = Un tunnel de vente garde au moins une étape ouverte.
refused-pipeline-is-default = C’est le tunnel de vente par défaut. Choisissez-en d’abord un autre.
refused-reminder-pending = Ce rappel est encore à venir.
refused-reminder-fired = Ce rappel a déjà sonné.
refused-reminder-done = Ce rappel est déjà traité.
refused-reminder-cancelled = Ce rappel a été annulé.
refused-cannot-undo-kind = Une telle modification ne peut pas être annulée.
refused-cannot-undo-an-undo = Une annulation ne s’annule pas. Refaites la modification.
refused-cannot-undo-already = Ceci a déjà été annulé.
refused-cannot-undo-part = Ceci fait partie d’une modification plus large. Annulez-la en entier.
refused-cannot-undo-too-late = C’est trop ancien pour être annulé.
refused-cannot-undo-step-gone = L’étape où se trouvait l’opportunité n’existe plus.
refused-cannot-undo-pipeline-gone = Le tunnel de vente où se trouvait l’étape n’existe plus.
refused-idempotency-key-reused = Cette Idempotency-Key a déjà servi avec d’autres données. Utilisez-en une nouvelle pour une nouvelle demande.
refused-wrong-credentials = L’adresse e-mail et le mot de passe ne vont pas ensemble.
refused-too-many-attempts = { $minutes ->
    [one] Trop d’essais. Réessayez dans une minute.
   *[other] Trop d’essais. Réessayez dans { $minutes } minutes.
}

## Values that cannot be taken
invalid-moment-past = Ce moment est passé.
invalid-moment-too-far = C’est trop loin : au plus { $years } ans à compter d’aujourd’hui.
invalid-delay-not-positive = Un délai doit être plus grand que zéro.
invalid-time-zone-unknown = Ce fuseau horaire n’existe pas. Utilisez un nom IANA tel que Europe/Paris.
invalid-name-empty = Ceci ne peut pas être vide.
invalid-name-too-long = C’est trop long : au plus { $longest } caractères.
invalid-name-characters = Ceci contient des caractères qui ne peuvent pas être affichés.
invalid-name-taken = Ce nom est déjà pris.
invalid-name-like-status = « { $name } » est le nom d’un statut. Statuts et étapes sont deux choses : trouvez un autre nom pour l’étape.
invalid-id-taken = Cet identifiant ne peut pas servir. Faites-en un nouveau (UUID version 7).
invalid-filter-unreadable = Aucune liste n’accepte ce filtre. { $problem }
invalid-id-malformed = Ce n’est pas un identifiant de la bonne sorte.
invalid-email-taken = Quelqu’un a déjà cette adresse.
invalid-email-malformed = Ce n’est pas une adresse e-mail.
invalid-password-length = Un mot de passe compte de { $shortest } à { $longest } caractères.
invalid-locale-unknown = Relance parle : { $known }.
invalid-currency-unknown = « { $value } » n’est pas une devise. Utilisez un code ISO 4217 tel que EUR.
invalid-amount-out-of-range = Un montant vaut zéro ou plus, et moins de 100 000 000 000 000.
invalid-amount-too-fine = { $places ->
    [0] { $currency } n’a pas de décimales.
    [one] { $currency } a une décimale.
   *[other] { $currency } a { $places } décimales.
}
invalid-not-per-cent = Une probabilité est comprise entre 0 et 100.
invalid-dwell-out-of-range = La durée prévue dans une étape va d’une seconde à dix ans.
invalid-version-unknown = Cette version n’existe pas. L’opportunité en est à la version { $version }.
invalid-step-archived = « { $step } » est archivée et ne prend pas d’opportunités.
invalid-pipeline-archived = Ce tunnel de vente est archivé.
invalid-before-and-after = Indiquez une seule opportunité : avant elle, ou après elle.
invalid-move-without-target = Dites où : une étape, ou une opportunité avant ou après laquelle la placer.
invalid-next-to-itself = On ne peut pas la placer à côté d’elle-même.
invalid-not-in-step = Cette opportunité n’est pas (ou plus) dans cette étape.
invalid-not-in-pipeline = Cette étape n’est pas dans ce tunnel de vente.
invalid-not-in-account = Ce tunnel de vente n’existe pas.
invalid-target-is-deleted = La cible est supprimée aussi. Choisissez une autre étape.
invalid-steps-number = Un tunnel de vente compte de 1 à { $most } étapes.
invalid-user-deactivated = { $name } ne travaille plus ici.
invalid-cannot-see-lead = { $name } n’a pas accès à cette opportunité.
invalid-too-many-reminders = Une opportunité a au plus { $most } rappels à venir.
invalid-lead-time-out-of-range = On prévient entre une minute et quatre semaines à l’avance.
invalid-escalation-out-of-range = Une autre personne est prévenue après une minute à quatre semaines.
invalid-inactivity-out-of-range = Une inactivité dure d’un jour à dix ans.
invalid-inactivity-has-no-moment = Un rappel d’inactivité vient quand personne n’a touché à l’opportunité depuis ce temps, et n’a pas de moment à lui.
invalid-reminder-needs-moment = Dites quand : un moment, ou après combien d’inactivité.
invalid-reminder-comes-once = Ce rappel ne vient qu’une fois.
invalid-waking-cannot-dissolve = Ce qui réveille une opportunité en attente ne peut pas être levé : elle dormirait toujours.
invalid-recurrence-malformed = Ceci n’est pas une règle de récurrence. Écrivez-la selon la RFC 5545 : FREQ=WEEKLY;BYDAY=MO.
invalid-recurrence-too-often = Un rappel vient au plus une fois par jour : DAILY, WEEKLY, MONTHLY ou YEARLY, à son heure.
invalid-recurrence-needs-day = Ce qui revient commence un jour : donnez une heure locale, ou un jour.
invalid-recurrence-never = Cette règle ne désigne plus aucun jour.
invalid-standby-needs-moment = Une opportunité attend jusqu’à un moment : dites lequel.
invalid-only-for-standby = Seule une opportunité en attente a un moment à attendre.
invalid-only-for-closed = Seule une opportunité close a cela.
invalid-closed-before-creation = Elle ne peut pas être close avant d’avoir été créée.
invalid-too-long-ago = C’est trop ancien, avant { $year }.
invalid-in-the-future = C’est dans le futur.
invalid-ends-before-it-starts = La fin est avant le début.
invalid-reason-of-another-status = Ce motif est archivé, ou appartient à un autre statut.
invalid-status-without-reasons = Seuls Gagné, Perdu et Annulé ont des motifs.
invalid-cannot-be-null = Ceci ne peut pas être nul. Omettez-le pour garder ce qui y est.
invalid-too-many-views = Vous avez { $most } vues, et il n’y a pas de place pour une autre. Supprimez-en d’abord une.
invalid-too-many-calendars = Vous avez { $most } adresses d’agenda, et il n’y a plus de place. Supprimez-en une d’abord.
invalid-cannot-seal = Ce déploiement n’a pas de SECRET_KEY et ne peut donc garder ni adresse ni secret. Demandez à son exploitant.
invalid-no-web-push = Relance n’est pas configuré ici pour les notifications dans les navigateurs : son exploitant doit définir VAPID_PRIVATE_KEY.
invalid-no-native-push = Relance n’est pas configuré ici pour les notifications sur les téléphones : son exploitant doit définir FCM_CREDENTIALS.
invalid-url-not-https = L’adresse doit commencer par https://.
invalid-url-not-reachable = « { $host } » n’est pas une adresse publique, et ce déploiement n’envoie qu’à celles-là.
invalid-url-malformed = Ce n’est pas l’adresse d’un serveur : https://, un hôte et un chemin, 2 000 caractères au plus.
invalid-url-with-password = Une adresse qui contient un utilisateur ou un mot de passe n’est pas gardée. Vérifiez plutôt la signature.
invalid-scheme-not-offered = Relance n’envoie pas à de telles adresses ici. Il envoie à : { $offered }.
invalid-push-key-malformed = Ce n’est pas la clé d’un abonnement aux notifications, en base64url.
invalid-token-malformed = Ce n’est pas un jeton d’enregistrement.
invalid-chat-known = Ce canal de discussion est déjà là : il recevrait tout deux fois.
invalid-rotated-lately = Ce secret a été changé il y a moins de 24 heures, et le précédent sert encore. Attendez sa fin, ou créez un autre webhook.
invalid-only-for-account = Seul un canal de discussion de l’entreprise a cela.
invalid-too-many-devices = Vous avez { $most } appareils, et il n’y a plus de place. Retirez-en un d’abord.
invalid-too-many-chats = Il y a { $most } canaux de discussion, et il n’y a plus de place. Retirez-en un d’abord.
invalid-event-not-told = « { $event } » n’est pas transmis aux webhooks ni aux canaux de discussion : seul l’est ce qui arrive aux opportunités, rappels, étapes et tunnels de vente.
invalid-too-many = Au plus { $most } à la fois.
invalid-rate-out-of-range = Un débit est compris entre 1 et { $most } messages par minute.
invalid-too-many-webhooks = Un compte a au plus { $most } webhooks. Supprimez-en d’abord un.
invalid-selection-unreadable = Ce n’est pas une sélection d’opportunité. { $problem }
invalid-webhook-unwritable = Rien ne peut être écrit pour ce webhook : { $problem }.
invalid-position-unknown = Cet événement n’existe pas, ou n’est pas de ceux qui sont transmis aux webhooks.
invalid-never-open = Avec ces horaires, rien ne passerait jamais. Laissez une heure libre un jour travaillé.
invalid-no-days = Indiquez au moins un jour.
invalid-inbox-has-no-pace = La boîte de réception ne retient rien. Choisissez un rythme pour l’e-mail, le push ou la messagerie.
invalid-holidays-unknown = Relance ne connaît pas les jours fériés de ce pays, ou de cette partie du pays.
invalid-too-many-watches = Vous suivez ou ignorez déjà { $most } éléments. Retirez-en un d’abord.
invalid-too-many-watched-views = Vous suivez déjà { $most } vues. Retirez-en une d’abord.
invalid-stretch-too-long = { $days } jours au plus à la fois.
invalid-delivery-sent = C’est arrivé : il n’y a plus rien à faire.
invalid-delivery-joined = Cela part avec le message d’un récapitulatif : renvoyez celui-là.
invalid-delivery-cancelled = Cela a été annulé, et n’est plus envoyé.

## Advice
advice-moment-moved = Les horloges de { $zone } sautent cette heure ; le rappel sonnera juste après.
advice-reminders-kept = { $reminders ->
    [one] Un autre rappel de cette opportunité est encore à venir.
   *[other] { $reminders } autres rappels de cette opportunité sont encore à venir.
}
advice-many-steps = { $steps } étapes se voient et se gèrent mal. Jusqu’à huit, c’est mieux.
advice-guards-skipped = { $leads ->
    [one] Une opportunité est passée dans « { $step } » sans qu’on lui demande ce que cette étape exige.
   *[other] { $leads } opportunités sont passées dans « { $step } » sans qu’on leur demande ce que cette étape exige.
}
advice-secret-shown-once = Gardez la clé maintenant : elle ne sera plus montrée.
advice-may-arrive-twice = { $deliveries ->
    [one] C’est peut-être déjà arrivé. C’est envoyé une fois de plus, et peut arriver deux fois.
   *[other] { $deliveries } de ces envois sont peut-être déjà arrivés. Ils sont envoyés une fois de plus, et peuvent arriver deux fois.
}

## Ce qui ne va pas avec une vue enregistrée
view-step-deleted = Cette vue demande l’étape « { $step } », qui a été supprimée.
view-gone = { $what ->
    [step] Cette vue demande une étape qui n’existe plus.
    [pipeline] Cette vue demande un tunnel de vente qui n’existe plus.
    [user] Cette vue demande quelqu’un qui n’est plus dans votre compte.
    [reason] Cette vue demande un motif qui n’existe plus.
    [team] Cette vue demande une équipe qui n’existe plus.
   *[other] Cette vue demande quelque chose qui n’existe plus, ou à quoi vous n’avez pas accès.
}
view-outdated = Cette vue demande quelque chose que Relance ne sait plus chercher : { $path }.

## Notifications
notice-reminder-due = « { $lead } » vous attend : son rappel est arrivé à échéance.
notice-reminder-ahead = { $in } : { $activity }, pour « { $lead } ».
notice-reminder-escalated = { $reminded } n’est pas revenu à « { $lead } », dont le rappel est arrivé à échéance.
notice-lead-assigned = { $actor } vous a confié l’opportunité « { $lead } ».
notice-lead-taken-away = { $actor } a confié votre opportunité « { $lead } » à { $owner }.
notice-lead-left-to-nobody = { $actor } vous a retiré l’opportunité « { $lead } » ; personne n’en est responsable maintenant.
notice-status-changed = { $actor } a passé votre opportunité « { $lead } » à « { $status } ».
notice-step-changed = { $actor } a déplacé votre opportunité « { $lead } » à l’étape « { $step } ».
notice-amount-changed = { $actor } a fixé le montant de votre opportunité « { $lead } » à { $amount }.
notice-amount-removed = { $actor } a retiré le montant de votre opportunité « { $lead } ».
notice-watched-status-changed = { $actor } a passé l’opportunité « { $lead } » à « { $status } ».
notice-watched-step-changed = { $actor } a déplacé l’opportunité « { $lead } » à l’étape « { $step } ».
notice-watched-amount-changed = { $actor } a fixé le montant de l’opportunité « { $lead } » à { $amount }.
notice-watched-amount-removed = { $actor } a supprimé le montant de l’opportunité « { $lead } ».
notice-owner-changed = { $actor } a confié l’opportunité « { $lead } » à { $owner }.
notice-owner-removed = { $actor } a retiré l’opportunité « { $lead } » à son responsable ; personne n’en est responsable maintenant.
notice-step-deleted = { $leads ->
    [one] { $actor } a supprimé l’étape « { $before } » ; une de vos opportunités est maintenant dans « { $step } ».
   *[other] { $actor } a supprimé l’étape « { $before } » ; { $leads } de vos opportunités sont maintenant dans « { $step } ».
}
notice-pipeline-deleted = { $leads ->
    [one] { $actor } a supprimé le tunnel de vente « { $before } » ; une de vos opportunités est maintenant à l’étape « { $step } ».
   *[other] { $actor } a supprimé le tunnel de vente « { $before } » ; { $leads } de vos opportunités sont maintenant à l’étape « { $step } ».
}
notice-endpoint-disabled = { $because ->
    [GONE] Plus rien n’est envoyé à { $endpoint } : l’adresse dit qu’elle n’existe plus.
   *[other] Plus rien n’est envoyé à { $endpoint } : rien n’a été accepté depuis cinq jours. Réparez, puis réactivez.
}
notice-step-undone = { $leads ->
    [one] { $actor } a rétabli l’étape « { $before } » ; une de vos opportunités y est de nouveau.
   *[other] { $actor } a rétabli l’étape « { $before } » ; { $leads } de vos opportunités y sont de nouveau.
}
notice-pipeline-undone = { $leads ->
    [one] { $actor } a rétabli le tunnel de vente « { $before } » ; une de vos opportunités y est de nouveau.
   *[other] { $actor } a rétabli le tunnel de vente « { $before } » ; { $leads } de vos opportunités y sont de nouveau.
}
notice-email-bounced = Un e-mail à { $email } est revenu. Plus rien n’y est envoyé tant que vous n’avez pas confirmé ou changé votre adresse.
notice-somebody = Quelqu’un
notice-reminder = Rappel
notice-subject = { $activity } : { $lead }
notice-subject-ahead = { $in } : { $activity }, { $lead }
detail-moment = Échéance
detail-activity = À faire
detail-note = Note
detail-status = Statut
detail-step = Étape
detail-amount = Montant
detail-by = Par

## E-mails
email-open = Ouvrir l’opportunité
email-open-leads = Ouvrir vos opportunités
email-detail = { $label } : { $value }
email-unsubscribe = Ne plus recevoir d’e-mails de ce genre
email-unsubscribe-all = Ne plus recevoir d’e-mails
email-why = Vous recevez cet e-mail parce que Relance vous dit ce qui concerne vos opportunités et vos rappels. Vous pouvez désactiver les e-mails dans vos préférences.
digest-subject = { $notices ->
    [one] Une nouvelle
   *[other] { $notices } nouvelles
}
digest-more = { $notices ->
    [one] Et une autre.
   *[other] Et { $notices } autres.
}

## Unsubscribing
unsubscribe-title = Moins d’e-mails
unsubscribe-ask = Relance écrit à { $email }. Que ne voulez-vous plus recevoir par e-mail ?
unsubscribe-button = { $kind }
unsubscribe-done = C’est fait
unsubscribe-done-words = Plus d’e-mails de ce genre : { $kind }. Vous pouvez les rétablir dans vos préférences.
unsubscribe-all = tous les e-mails
unsubscribe-reminder-due = rappels arrivés à échéance
unsubscribe-lead-assigned = opportunités qui vous sont confiées
unsubscribe-lead-taken-away = opportunités qui vous sont retirées
unsubscribe-status-changed = changements de statut
unsubscribe-step-changed = changements d’étape
unsubscribe-amount-changed = changements de montant
unsubscribe-email-bounced = e-mails revenus

## The calendar
calendar-name = Rappels Relance

## Roles
role-administrator = administrateur
role-team-manager = chef d’équipe
role-user = commercial

## Ce qui est arrivé à une opportunité, dans son historique
event-set-up = Les étapes ou les tunnels de vente du compte ont changé.
event-clock = L’horloge
event-lead-created = { $actor } a créé l’opportunité.
event-lead-edited = { $actor } a modifié : { $fields }.
event-lead-moved = { $actor } a déplacé l’opportunité vers « { $step } ».
event-lead-reordered = { $actor } a changé la place de l’opportunité dans sa colonne.
event-lead-assigned = { $actor } a confié l’opportunité à { $owner }.
event-lead-left-to-nobody = { $actor } a laissé l’opportunité à qui la prendra.
event-lead-claimed = { $actor } a pris l’opportunité.
event-lead-starred = { $actor } a mis une étoile à l’opportunité.
event-lead-unstarred = { $actor } a retiré l’étoile de l’opportunité.
event-lead-stood-by = { $actor } a mis l’opportunité en attente jusqu’au { $when }.
event-lead-taken-up = { $actor } a repris l’opportunité.
event-lead-won = { $actor } a gagné l’opportunité.
event-lead-lost = { $actor } a perdu l’opportunité.
event-lead-cancelled = { $actor } a annulé l’opportunité.
event-lead-reopened = { $actor } a rouvert l’opportunité.
event-lead-closing-corrected = { $actor } a corrigé la date de clôture de l’opportunité : { $when }.
event-lead-undone = { $actor } a annulé une modification : { $fields }.
event-lead-undone-place = { $actor } a annulé un changement de place de l’opportunité dans sa colonne.
event-lead-undone-reminder = { $actor } a annulé un changement du rappel de l’opportunité.
event-reminder-set = { $actor } a mis un rappel pour le { $when }.
event-reminder-moved = { $actor } a modifié un rappel.
event-reminder-snoozed = { $actor } a reporté un rappel.
event-reminder-fired = Un rappel est arrivé à échéance.
event-reminder-done = { $actor } a marqué un rappel comme fait.
event-reminder-cancelled = { $actor } a annulé un rappel.
event-reminder-ahead = Quelqu’un a été prévenu d’un rappel à venir.
event-reminder-skipped = { $actor } a sauté une fois un rappel périodique.
event-reminder-series-ended = Un rappel périodique a pris fin.
event-reminder-postponed = Un rappel d’inactivité attend de nouveau, jusqu’au { $when }.
event-reminder-dissolved = { $because ->
    [STATUS_CHANGED] Un rappel a été levé : le statut avait changé.
    [STEP_LEFT] Un rappel a été levé : l’opportunité avait quitté son étape.
   *[other] Un rappel a été levé : quelqu’un s’était occupé de l’opportunité.
}
event-reminder-escalated = Personne n’avait pris connaissance d’un rappel : d’autres ont été prévenus.
event-reminder-acknowledged = Quelqu’un a pris connaissance d’un rappel à temps.

## Le parcours d’un rappel, d’une notification ou d’un envoi
trail-somebody = Quelqu’un
trail-channel-inbox = la boîte de réception
trail-channel-email = e-mail
trail-channel-webhook = webhook
trail-channel-push = message push
trail-channel-chat = messagerie
trail-happened = { $actor } a fait cela.
trail-set = { $actor } a mis le rappel au { $until }.
trail-moved = { $actor } a déplacé le rappel au { $until }.
trail-snoozed = { $actor } a reporté le rappel au { $until }.
trail-due = Son moment est venu.
trail-fired = L’horloge l’a fait sonner, { $late } après son moment.
trail-told = { $reader } est prévenu.
trail-joined = Il a rejoint un récapitulatif, qui part le { $until } ({ $channel }).
trail-held = Retenu jusqu’au { $until } ({ $channel }) { $because ->
    [MORNING] parce que seul un jour avait été choisi, et que la journée n’avait pas commencé.
    [QUIET_HOURS] à cause des heures calmes.
    [DAY_OFF] parce que ce n’était pas un jour ouvré.
    [DIGEST] parce qu’il part avec un récapitulatif.
    [UNDO] parce que cela pouvait encore être annulé.
   *[other] parce qu’il ne devait pas partir avant.
}
trail-shown = { $reader } le voit dans la boîte de réception.
trail-queued = Il doit partir ({ $channel }).
trail-sending = L’essai { $number } a commencé ({ $channel }).
trail-refused = L’essai { $number } a été refusé ({ $channel }) : { $error }
trail-rejected = L’essai { $number } a été refusé définitivement ({ $channel }) : { $error }
trail-gone = L’essai { $number } n’a plus trouvé personne ({ $channel }) : { $error }
trail-ambiguous = L’essai { $number } a été coupé et est peut-être arrivé ({ $channel }) : { $error }
trail-interrupted = L’essai { $number } a cessé avant que rien ne parte ({ $channel }).
trail-delivered = L’essai { $number } est arrivé ({ $channel }).
trail-dead = Il a été abandonné ({ $channel }) : { $error }
trail-replayed = Il a été remis en route ({ $channel }).
trail-read = { $reader } l’a lu.
trail-done = { $actor } l’a marqué comme fait.
trail-called-off = Il a été annulé : il n’y avait plus rien à dire.

## Pourquoi quelque chose n’a pas été remis
why-called-off = Il a été annulé avant que quelqu’un soit prévenu.
why-not-due = Son moment est encore à venir : { $until }.
why-set-aside = L’horloge n’a pas pu le faire sonner et l’a mis de côté. Un exploitant doit regarder.
why-dead = Il a été abandonné après l’essai { $number } ({ $channel }) : { $error }
why-ambiguous = Il est peut-être arrivé ({ $channel }), et n’a pas été envoyé une autre fois : { $error }
why-endpoint-disabled = Sa destination ({ $channel }) est désactivée.
why-endpoint-paused = Sa destination ({ $channel }) a échoué plusieurs fois de suite et est ménagée jusqu’au { $until }.
why-retrying = L’essai { $number } a échoué ({ $channel }) : { $error } Le prochain aura lieu le { $until }.
why-held = Il est retenu jusqu’au { $until } ({ $channel }) { $because ->
    [MORNING] parce que seul un jour avait été choisi, et que la journée n’avait pas commencé.
    [QUIET_HOURS] à cause des heures calmes.
    [DAY_OFF] parce que ce n’était pas un jour ouvré.
    [DIGEST] parce qu’il part avec un récapitulatif.
    [UNDO] parce que cela pouvait encore être annulé.
   *[other] parce qu’il ne devait pas partir avant.
}
why-rate-limited = Il est à échéance et partira le { $until } : le nombre de messages par minute y est limité ({ $channel }).
why-pending = Il est à échéance, et son tour vient.
why-sending = Il est en route en ce moment même ({ $channel }).
why-not-wanted = Il a été annulé ({ $channel }) : il n’y avait plus rien à dire, ou il n’était plus voulu.
why-delivered = Il a été remis.
why-channel-off = Il est dans la boîte de réception. Aucun autre canal n’est connu : ils sont désactivés, ou il est si ancien que la trace en est effacée.
why-no-channel = Il n’y avait personne à prévenir, ou aucun canal pour le faire.
