/** What stands on the answering page, in the languages that it speaks. `{…}` is filled in. */

export type Language = "en" | "de" | "fr";

const en = {
  ask_title: "How was it with {workspace}?",
  ask_lead: "It takes a moment: choose your stars, and add a few words if you like.",
  rating: "Your rating",
  star_1: "1 star: very bad",
  star_2: "2 stars: bad",
  star_3: "3 stars: all right",
  star_4: "4 stars: good",
  star_5: "5 stars: very good",
  worst: "very bad",
  best: "very good",
  comment: "Your words",
  optional: "optional",
  send: "Send answer",
  rating_missing: "Please choose your stars, from 1 to 5.",
  comment_too_long: "Your words are longer than 2,000 characters. Please shorten them.",
  thanks_title: "Thank you for your answer.",
  thanks_lead: "{workspace} has received it:",
  review_title: "Would you like to tell others, too?",
  review: "Review on {place}",
  change: "Change your answer",
  send_change: "Send changed answer",
  unsubscribe: "No more messages from {workspace}",
  broken_title: "This link does not work.",
  broken_lead:
    "It may have been cut off on its way, or be too old. Open it from the message once more, or answer the message.",
  many_title: "Too many links that do not work.",
  many_lead: "Wait some minutes, then open the link from the message once more.",
};

export type Texts = Readonly<Record<keyof typeof en, string>>;

const de: Texts = {
  ask_title: "Wie war es bei {workspace}?",
  ask_lead: "Es dauert nur einen Augenblick: Sterne wählen und, wenn Sie möchten, ein paar Worte dazu.",
  rating: "Ihre Bewertung",
  star_1: "1 Stern: sehr schlecht",
  star_2: "2 Sterne: schlecht",
  star_3: "3 Sterne: in Ordnung",
  star_4: "4 Sterne: gut",
  star_5: "5 Sterne: sehr gut",
  worst: "sehr schlecht",
  best: "sehr gut",
  comment: "Ihre Worte",
  optional: "freiwillig",
  send: "Antwort absenden",
  rating_missing: "Bitte wählen Sie 1 bis 5 Sterne.",
  comment_too_long: "Ihre Worte sind länger als 2.000 Zeichen. Bitte kürzen Sie sie.",
  thanks_title: "Danke für Ihre Antwort.",
  thanks_lead: "Bei {workspace} ist angekommen:",
  review_title: "Möchten Sie es auch anderen sagen?",
  review: "Auf {place} bewerten",
  change: "Antwort ändern",
  send_change: "Geänderte Antwort absenden",
  unsubscribe: "Keine Nachrichten mehr von {workspace}",
  broken_title: "Dieser Link funktioniert nicht.",
  broken_lead:
    "Vielleicht wurde er unterwegs abgeschnitten oder ist zu alt. Öffnen Sie ihn noch einmal aus der Nachricht, oder antworten Sie auf die Nachricht.",
  many_title: "Zu viele Links, die nicht funktionieren.",
  many_lead: "Warten Sie einige Minuten und öffnen Sie dann den Link aus der Nachricht noch einmal.",
};

const fr: Texts = {
  ask_title: "Comment s’est passée votre expérience avec {workspace} ?",
  ask_lead: "Un instant suffit : choisissez vos étoiles et, si vous le souhaitez, ajoutez quelques mots.",
  rating: "Votre note",
  star_1: "1 étoile : très mauvais",
  star_2: "2 étoiles : mauvais",
  star_3: "3 étoiles : correct",
  star_4: "4 étoiles : bien",
  star_5: "5 étoiles : très bien",
  worst: "très mauvais",
  best: "très bien",
  comment: "Vos mots",
  optional: "facultatif",
  send: "Envoyer la réponse",
  rating_missing: "Veuillez choisir de 1 à 5 étoiles.",
  comment_too_long: "Votre texte dépasse 2 000 caractères. Veuillez le raccourcir.",
  thanks_title: "Merci pour votre réponse.",
  thanks_lead: "{workspace} l’a bien reçue :",
  review_title: "Souhaitez-vous aussi le dire à d’autres ?",
  review: "Donner un avis sur {place}",
  change: "Modifier votre réponse",
  send_change: "Envoyer la réponse modifiée",
  unsubscribe: "Ne plus recevoir de messages de {workspace}",
  broken_title: "Ce lien ne fonctionne pas.",
  broken_lead:
    "Il a peut-être été coupé en chemin, ou il est trop ancien. Ouvrez-le encore une fois depuis le message, ou répondez au message.",
  many_title: "Trop de liens qui ne fonctionnent pas.",
  many_lead: "Attendez quelques minutes, puis ouvrez encore une fois le lien depuis le message.",
};

export const TEXTS: Readonly<Record<Language, Texts>> = { en, de, fr };

/** The language that a browser asks for first among those that are spoken here (RFC 9110, 12.5.4); else English. */
export function languageFor(acceptLanguage: string | undefined): Language {
  const wanted = (acceptLanguage ?? "")
    .slice(0, 1000)
    .split(",")
    .map((part) => {
      const [range = "", ...parameters] = part.split(";").map((word) => word.trim().toLowerCase());
      const quality = parameters.find((word) => word.startsWith("q="))?.slice(2);
      return { language: range.split("-", 1)[0] ?? "", quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(
      (range): range is { language: Language; quality: number } =>
        Object.hasOwn(TEXTS, range.language) && range.quality > 0,
    );
  // Sorting keeps the order of those that are wanted as much.
  return wanted.sort((a, b) => b.quality - a.quality)[0]?.language ?? "en";
}

/** A text with its gaps filled. What is put in is not escaped. */
export function filled(text: string, values: Readonly<Record<string, string>> = {}): string {
  return text.replace(/\{(\w+)\}/g, (_gap, name: string) => values[name] ?? "");
}
