// Who is signed in: the bar's forms, and the token, kept for as long as the browser's tab is open.

const SIGN_IN =
  'mutation ($input: SignInInput!) { signIn(input: $input) { token viewer { user { name } } errors { message } } }';
const WHO = '{ viewer { user { name } } }';

const STORED = 'relance.session';

/** What the API answered, in a sentence for the person who asked. */
class Refusal extends Error {}

/** Wires the bar, and calls `onChange(token)` at once and whenever the token changes; `null` is nobody. */
export function openSession(endpoint, onChange) {
  const bar = document.querySelector('.bar');
  const form = bar.querySelector('form');
  const message = bar.querySelector('.message');

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { email, password, token } = form.elements;
    const byToken = bar.dataset.state === 'token';
    message.textContent = '';
    event.submitter.disabled = true;
    try {
      show(byToken ? await recognise(token.value.trim()) : await signIn(email.value, password.value));
      form.reset();
    } catch (error) {
      message.textContent = error instanceof Refusal ? error.message : 'The API can’t be reached.';
    } finally {
      event.submitter.disabled = false;
    }
  });

  bar.querySelector('.other-way').addEventListener('click', () => {
    message.textContent = '';
    askFor(bar.dataset.state === 'token' ? 'password' : 'token');
    form.querySelector('input:enabled').focus();
  });

  bar.querySelector('.sign-out').addEventListener('click', () => show(null));

  show(JSON.parse(sessionStorage.getItem(STORED)));

  function show(session) {
    if (session) {
      sessionStorage.setItem(STORED, JSON.stringify(session));
      bar.dataset.state = 'signed-in';
      bar.querySelector('.who').textContent = session.name;
    } else {
      sessionStorage.removeItem(STORED);
      askFor('password');
    }
    onChange(session?.token ?? null);
  }

  function askFor(way) {
    bar.dataset.state = way;
    for (const fields of form.querySelectorAll('fieldset')) fields.disabled = fields.dataset.way !== way;
    bar.querySelector('.other-way').textContent = way === 'token' ? 'Use a password' : 'Paste a token';
  }

  async function signIn(email, password) {
    const { signIn } = await ask(SIGN_IN, { variables: { input: { email, password } } });
    if (signIn.errors.length) throw new Refusal(signIn.errors.map((error) => error.message).join(' '));
    return { token: signIn.token, name: signIn.viewer?.user?.name ?? email };
  }

  async function recognise(token) {
    const { viewer } = await ask(WHO, { token });
    if (!viewer) throw new Refusal('This token is not valid.');
    return { token, name: viewer.user?.name ?? 'A service' };
  }

  async function ask(query, { variables, token }) {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors?.length) throw new Refusal(errors[0].message);
    return data;
  }
}
