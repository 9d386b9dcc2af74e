"""Who asks, and about what: accounts that may lose their sessions, and ids of what is really there."""

import atexit
import base64
import collections
import itertools
import os
import re
import zlib

import requests
import schemathesis

URL = os.environ["GROUNDSWELL_URL"] + "/api/v1"
PASSWORD = os.environ["GROUNDSWELL_PASSWORD"]
ID = re.compile(r"[1-9][0-9]{15}")
EXAMPLE_ID = "1537057981898760"
# Ids begin with the time they were made at; what the generator invents is hardly ever of these years.
ID_OF_OUR_TIME = range(1_400_000_000_000_000, 1_900_000_000_000_000)


def call(method, path, token=None, **body):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = requests.request(method, URL + path, headers=headers, json=body or None, timeout=30)
    answer.raise_for_status()
    return answer.json()


def sign_up(username):
    answer = call("POST", "/users", username=username, password=PASSWORD)
    return answer["user"]["user_id"], answer["access_token"]


def make_content(token, prefix):
    """Users and posts for the invented ids to be replaced by."""
    people = [sign_up(f"{prefix}_{name}") for name in ("alice", "bob", "carol")]
    for user_id, friend in people:
        post = call("POST", "/posts", friend, text=f"Hello #world, @{prefix}_alice")
        call("POST", "/posts", token, text="An answer", reply_to_id=post["post_id"])
        call("PUT", f"/posts/{post['post_id']}/repost", token)
        call("PUT", f"/users/{user_id}/follow", token)
        report = call("POST", "/reports", token, user_id=user_id, reason="spam")
        known["post_id"].append(post["post_id"])
        known["report_id"].append(report["report_id"])
        known["user_id"].append(user_id)
        call("PUT", f"/users/{ME}/follow", friend)
    call("PATCH", "/users/me", people[2][1], locked=True)


known = {"user_id": [], "post_id": [], "report_id": [], "session_id": []}
USERNAME = os.environ["GROUNDSWELL_USERNAME"]
TOKEN = call("POST", "/sessions", username=USERNAME, password=PASSWORD)["access_token"]
ME = call("PATCH", "/users/me", TOKEN, locked=True)["user_id"]
make_content(TOKEN, USERNAME[:12])
# One of each kind that is the caller's.
known["post_id"].append(call("POST", "/posts", TOKEN, text="Mine")["post_id"])

# They end sessions or change the password: done by an account that another takes the place of when it is used up.
EXPENDABLE = {"updateMe", "deleteMe", "deleteOtherSessions", "deleteCurrentSession", "deleteSession"}
# Their success uses it up. Those that end other sessions only need a session of their own.
USES_UP = {"deleteMe", "deleteCurrentSession", "deleteSession"}


numbers = itertools.count()


class Expendable:
    token = None

    def get(self):
        if self.token is None:
            username = f"{USERNAME[:12]}_{next(numbers)}"
            _, self.token = sign_up(username)
            call("POST", "/sessions", username=username, password=PASSWORD)
            known["session_id"] = [session["session_id"] for session in call("GET", "/sessions", self.token)["items"]]
        return self.token

    def use_up(self):
        self.token = None


expendable = Expendable()


def operation_id(operation):
    return operation.definition.raw.get("operationId")


@schemathesis.auth(refresh_interval=None)
class BearerToken:
    def get(self, case, context):
        return expendable.get() if operation_id(context.operation) in EXPENDABLE else TOKEN

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


def is_invented(value):
    # The document has an example of our time.
    return value == EXAMPLE_ID or int(value) not in ID_OF_OUR_TIME


def real_id(field, value):
    """For an invented id one that exists, nearly always, and always the same one while the lists are the same."""
    ids = known.get("post_id" if field == "reply_to_id" else field)
    if not ids or not isinstance(value, str) or ID.fullmatch(value) is None or not is_invented(value):
        return value
    number = zlib.crc32(value.encode())
    return value if number % 8 == 0 else ids[number % len(ids)]


def with_real_ids(fields):
    for field, value in fields.items():
        fields[field] = real_id(field, value)


def page_token(value):
    """Where a page may start, in half of the calls: what is invented is hardly ever the token of a page."""
    number = zlib.crc32(value.encode(errors="surrogatepass"))
    if number % 2 == 0 or not 0 < len(value) <= 64:
        return value
    return base64.urlsafe_b64encode(known["post_id"][number % len(known["post_id"])].encode()).decode().rstrip("=")


def idempotency_key(value):
    """New for nearly every call, as clients make them; else the few that are invented are all used up at once."""
    if re.fullmatch(r"[!-~]{1,240}", value) is None or zlib.crc32(value.encode()) % 8 == 0:
        return value
    return f"{value}{next(numbers)}"


def sometimes(body):
    return zlib.crc32(repr(body).encode(errors="surrogatepass")) % 2 == 0


# What only the account itself knows, in half of the calls: no generator guesses it.
SECRETS = {("updateMe", "current_password"), ("deleteMe", "password")}


@schemathesis.hook
def before_call(context, case, kwargs):
    name = operation_id(case.operation)
    if isinstance(case.path_parameters, dict):
        with_real_ids(case.path_parameters)
    if isinstance(case.query, dict) and isinstance(case.query.get("page_token"), str):
        case.query["page_token"] = page_token(case.query["page_token"])
    for header in [name for name in case.headers or {} if name.lower() == "idempotency-key"]:
        if isinstance(case.headers[header], str):
            case.headers[header] = idempotency_key(case.headers[header])
    if isinstance(case.body, dict):
        # In half of the calls: else hardly any is valid, or every name is taken.
        if name == "createReport" and sometimes(case.body):
            case.body.pop("post_id", None)
            case.body.setdefault("user_id", known["user_id"][0])
        if name == "createUser" and sometimes(case.body) and case.body.get("username") == "alice":
            case.body["username"] = f"alice_{next(numbers)}_{USERNAME[:8]}"
        with_real_ids(case.body)
        for field, value in case.body.items():
            if isinstance(value, str) and (name, field) in SECRETS and len(value) <= 128 and len(value) % 2 == 0:
                case.body[field] = PASSWORD
            if field == "email" and isinstance(value, str) and len(value) <= 254 and len(value) % 2 == 0:
                case.body[field] = f"alice{next(numbers)}@example.org"


# Rules that JSON Schema cannot say, or that depend on what is there: a request may break one though it is valid by
# its schema. Only the refusal that names the field and the rule is taken; each is in the document as prose.
RULES = [
    ("page_token", r"must be the next_page_token of an earlier answer, unchanged\."),
    ("user_id", r"is your own(; name another user|\. Report somebody else)\."),
    ("user_id", r"send either the user_id or the post_id of what you report\."),
    ("username", r"send either the username or the email of the account\."),
    ("username", r"must be 3 to 30 letters \(a to z\), digits or _\.|is reserved\. Choose another name\."),
    ("email", r"must be an address such as name@example\.org, .*"),
    ("password", r"must not be the username\. Choose another one\."),
    ("password|current_password", r"is wrong\."),
    ("current_password", r"is needed to set a new password\."),
    ("text", r"must not be blank\. Say something\."),
    ("reason", r"must not be empty\."),
    ("media_ids", r"names media that do not exist\.|names a medium twice\."),
    ("file", r"is empty\.|must be a JPEG, PNG, WebP, AVIF or GIF picture, whatever its name says\."),
    ("focus", r"must be two numbers from -1 to 1, x and y, such as 0\.5,-0\.25\."),
    ("tags", r"must be (at most \d+|words of letters, digits and _, with commas between them)\."),
    ("alt", r"must not contain U\+0000\."),
    ("page", r"is for type=photos; use page_token\."),
    ("language", r"must be a BCP 47 tag .*"),
    # Characters as a reader counts them, and bytes.
    ("text|content_warning|display_name|bio|reason|comment|note", r"must have at most \d+ (characters|bytes)\."),
    ("text|content_warning|display_name|bio|reason|comment|note", r"must not have control characters .*"),
    ("Idempotency-Key", r"was used for another request\. Use a new key for each new request\."),
]


def breaks_rule(error):
    return any(
        re.fullmatch(fields, error["field"]) and re.fullmatch(rule, error["message"]) for fields, rule in RULES
    )


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 422:
        return True
    errors = response.json().get("errors", [])
    return not errors or not all(breaks_rule(error) for error in errors)


answers = {}


@atexit.register
def print_untested():
    """What was only ever refused has not really been tested."""
    never = sorted(name for name, statuses in answers.items() if min(statuses) >= 300)
    print(f"Requests: {sum(sum(statuses.values()) for statuses in answers.values())}")
    print(f"Operations that succeeded: {len(answers) - len(never)} of {len(answers)}")
    for name in never:
        print(f"Only refused: {name} ({', '.join(f'{count} x {status}' for status, count in answers[name].items())})")


@schemathesis.hook
def after_call(context, case, response):
    name = operation_id(case.operation)
    answers.setdefault(name, collections.Counter())[response.status_code] += 1
    token = response.request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token == expendable.token and (
        response.status_code == 401
        or (name in USES_UP and response.status_code == 204)
        or (name == "updateMe" and response.status_code == 200)
    ):
        expendable.use_up()
    if name == "createPost" and response.status_code == 201 and len(known["post_id"]) < 20:
        known["post_id"].append(response.json()["post_id"])
