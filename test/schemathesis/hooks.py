"""Who asks, and about what: accounts that may lose their sessions, and ids of what is really there."""

import atexit
import base64
import collections
import itertools
import json
import os
import re
import time
import zlib

import requests
import schemathesis

URL = os.environ["GROUNDSWELL_URL"] + "/api/v1"
PASSWORD = os.environ["GROUNDSWELL_PASSWORD"]
ID = re.compile(r"[1-9][0-9]{15}")
EXAMPLE_ID = "1537057981898760"
# Ids begin with the time they were made at; what the generator invents is hardly ever of these years.
ID_OF_OUR_TIME = range(1_400_000_000_000_000, 1_900_000_000_000_000)


# Times that a request is sent to a server that has too much to do.
TRIES = 10
send_once = requests.Session.send


def send_patiently(session, request, **options):
    """On a busy machine the server refuses for a moment, and says so; who is refused comes again, as it asks."""
    for _ in range(TRIES):
        answer = send_once(session, request, **options)
        if answer.status_code != 503 or "more to do than it can" not in answer.text:
            break
        time.sleep(int(answer.headers["retry-after"]))
    return answer


requests.Session.send = send_patiently


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


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def make_own(token):
    """What belongs to the caller, for calls that change or delete it: some of each."""
    for number in range(4):
        link = call("POST", "/links", token, url=f"https://example.org/{number}")
        known["link_id"].append(link["link_id"])
        known["webhook_id"].append(
            call("POST", "/webhooks", token, url="https://hooks.example/groundswell", events=["post.created"])["webhook_id"]
        )
        picture = requests.post(
            URL + "/media", headers={"Authorization": f"Bearer {token}"}, files={"file": PIXEL}, timeout=30
        )
        picture.raise_for_status()
        known["media_id"].append(picture.json()["media_id"])
        upload = requests.post(
            URL + "/media/uploads", headers={"Authorization": f"Bearer {token}", "Upload-Length": "100000"}, timeout=30
        )
        upload.raise_for_status()
        known["upload_id"].append(upload.json()["upload_id"])
        known["domain_id"].append(call("POST", "/domains", token, host=f"{USERNAME.replace('_', '-')}{number}.example.org")["domain_id"])
    for webhook_id in known["webhook_id"]:
        DELIVERIES[webhook_id] = call("POST", f"/webhooks/{webhook_id}/test", token)["delivery_id"]
    imported = requests.post(
        URL + "/links/import?format=csv",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "text/csv"},
        data="url,alias\n" + "".join(f"https://example.org/imported,{USERNAME}-{number}\n" for number in range(4)),
        timeout=30,
    )
    imported.raise_for_status()
    rows = [json.loads(line) for line in imported.text.splitlines()]
    known["link_id"] += [row["link_id"] for row in rows if row["link_id"] is not None]


known = collections.defaultdict(list)
# The one of each webhook.
DELIVERIES = {}
USERNAME = os.environ["GROUNDSWELL_USERNAME"]
TOKEN = call("POST", "/sessions", username=USERNAME, password=PASSWORD)["access_token"]
ME = call("PATCH", "/users/me", TOKEN, locked=True)["user_id"]
make_content(TOKEN, USERNAME[:12])
make_own(TOKEN)
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


def next_of(field):
    """Of what some calls delete, so that nothing can be found by always the same id."""
    return known[field][next(numbers) % len(known[field])]


FUTURE = "2100-01-01T00:00:00Z"


def with_future(body):
    """Times that must be to come, in half of the calls: the generator does not know the date."""
    if isinstance(body.get("expires_at"), str) and sometimes(body):
        body["expires_at"] = FUTURE


def table(text):
    """What is said to be CSV has a first line with known columns, in half of the calls."""
    return f"url,title\nhttps://example.org/{next(numbers)}," + json.dumps(text) if len(text) % 2 == 0 else text


@schemathesis.serializer("application/x-ndjson")
def lines_of(context, value):
    """Lines of JSON: the generator has one value, which is one line."""
    return value if isinstance(value, bytes) else (json.dumps(value) + "\n").encode(errors="surrogatepass")


@schemathesis.serializer("application/offset+octet-stream")
def piece_of(context, value):
    """Bytes as they are."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


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


# Some of each are imported, or not deleted yet.
OWN_ID = {"getLinkImport": "link_id", "deleteMedia": "media_id"}


@schemathesis.hook
def before_call(context, case, kwargs):
    name = operation_id(case.operation)
    if isinstance(case.path_parameters, dict):
        with_real_ids(case.path_parameters)
        if name in OWN_ID and sometimes(case.path_parameters):
            field = OWN_ID[name]
            if ID.fullmatch(str(case.path_parameters.get(field))):
                case.path_parameters[field] = next_of(field)
        delivery_id = DELIVERIES.get(case.path_parameters.get("webhook_id"))
        if delivery_id is not None and ID.fullmatch(str(case.path_parameters.get("delivery_id"))):
            case.path_parameters["delivery_id"] = delivery_id
    if name in ("createLinks", "importLinks") and case.media_type == "text/csv" and isinstance(case.body, str):
        case.body = table(case.body)
    if isinstance(case.query, dict) and isinstance(case.query.get("page_token"), str):
        case.query["page_token"] = page_token(case.query["page_token"])
    # Else hardly any piece is the next one.
    if name == "appendUpload" and sometimes(case.path_parameters):
        for header in [name for name in case.headers or {} if name.lower() == "upload-offset"]:
            if str(case.headers[header]).isdigit():
                case.headers[header] = "0"
    for header in [name for name in case.headers or {} if name.lower() == "idempotency-key"]:
        if isinstance(case.headers[header], str):
            case.headers[header] = idempotency_key(case.headers[header])
    if isinstance(case.body, dict):
        # In half of the calls: else hardly any is valid, or every name is taken.
        if name == "createReport" and sometimes(case.body):
            for field in ("post_id", "link_id", "code"):
                case.body.pop(field, None)
            case.body.setdefault("user_id", known["user_id"][0])
        # An alias is taken by the first, and those of the generator are few.
        if name == "createLink" and sometimes(case.body):
            for field in ("alias", "host", "rules"):
                case.body.pop(field, None)
        if name == "createDomain" and sometimes(case.body) and isinstance(case.body.get("host"), str):
            case.body["host"] = f"{USERNAME.replace('_', '-')}-{next(numbers)}.example.org"
        with_future(case.body)
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
TARGET = r"(rules\.\d+\.)?url|fallback_url|card\.image_url"
RULES = [
    ("page_token", r"must be the next_page_token of an earlier answer, unchanged\."),
    ("user_id", r"is your own(; name another user|\. Report somebody else)\."),
    ("user_id", r"send one of user_id, post_id, link_id and code, for what you report\."),
    ("link_id", r"is your own\. Report that of somebody else\."),
    ("user_ids", r"cannot be asked for together with a username\."),
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
    ("text|content_warning|display_name|bio|reason|comment|note|title|tags|name", r"must have at most \d+ (characters|bytes)\."),
    ("text|content_warning|display_name|bio|reason|comment|note|description", r"must not have control characters .*"),
    (r"vehicle\.\w+", r"must not be empty\.|must not have control characters\."),
    (r"(avatar|header)_media_id", r"(does not exist|is shown by a post|is your \w+ already)\. .*|failed to be processed: .*"),
    ("pickup", r"must be in a city where drivers drive\."),
    ("dropoff", r"must be within \d+ km of the pickup\.|must be another place than the pickup\.|must be a place to which a road leads .*"),
    ("bbox", r"must be west,south,east,north in degrees\.|.*\bdegrees\b.*"),
    ("token", r"must be one of the sandbox: .*"),
    ("pickup|ride_type", r"must be .* offered.*"),
    (r"pickup|dropoff|ride_type", r"must be that of the quote\."),
    ("reason", r"must be one that a (rider|driver) has: .*"),
    ("pin", r"is not the one of this ride: .*"),
    # Streams never end: they are asked for by an Accept that the generator does not send.
    ("accept", r"must have text/event-stream; or ask for a WebSocket\."),
    ("upgrade", r"must be websocket\."),
    ("since|watch", r".+"),
    # Times that are to come, or not too far back.
    (r"(changes\.)?expires_at", r"must be a time to come, or null for never\."),
    ("expires_at", r"must be in the future\. Leave it out for a key that does not expire\."),
    ("to", r"must be before the last day of the year 9999\."),
    ("from", r"must be before to\.|asks for \d+ points, .*|must be \S+ or later: .*"),
    # Targets: what a URL is, and what is on the public internet, beyond any pattern.
    (rf"{TARGET}", r"must be an absolute URL such as https://example\.org/path\."),
    (rf"{TARGET}", r"must start with https:// or http://\.|must not hold a username or a password\."),
    (rf"{TARGET}", r"must lead to a host on the public internet, .*|has no host name that there can be\."),
    (rf"{TARGET}", r"must not contain spaces .*|has a host name that mixes scripts, .*"),
    (rf"{TARGET}", r"must not be a link of this server\.|is on the list of blocked targets: .*"),
    (rf"{TARGET}", r"must have at most \d+ characters(, with others than ASCII encoded)?\.|.*\bport\b.*"),
    ("utm", r"must not make a target longer than \d+ characters\."),
    (r"utm\.\w+", r"must have at most \d+ characters, on one line\."),
    (r"rules\.\d+\.ends_at", r"must be after starts_at\."),
    (r"rules\.\d+\.languages", r"must be language tags such as .*"),
    (r"rules\.\d+\.networks", r"must be addresses, or networks such as .*"),
    (r"rules\.\d+\.query", r"must have (1 to 10 parameters|names and values of at most) .*"),
    ("rules", r"must not have percentages of more than 100 together\."),
    (r"(card\.)?(title|description)", r"must be one line of text\.|must have at most \d+ characters\."),
    ("starts_at", r"must be before expires_at\."),
    (r"card\.title", r"must not be empty\..*"),
    (r"tags|changes\.(add|remove)_tags", r"must have 1 to \d+ characters each, on one line\."),
    (r"rules\.\d+\.countries", r"must be country codes of two letters .*"),
    (r"rules\.\d+", r"must have at least one condition\..*"),
    ("secret", r"must be whsec_ and the base64 of .*"),
    ("alias", r"must be 1 to \d+ letters, digits, - or _ of ASCII, or words of these .*|is reserved, or looks like what is\."),
    ("host", r"must be a host name alone, .*|must be a name, not an address\."),
    ("host", r"must be a name on the public internet\.|mixes scripts, .*|is that of this server\."),
    ("host", r"is not a verified host name of yours\."),
    ("target", r"must be a host name such as evil\.example, .*|does not fit: the list is full\."),
    ("reason", r"must be one line of text, and not empty: people read it\."),
    ("name", r"must say what the key is for\.|must not have control characters .*|must have at most \d+ .*"),
    # Of two fields together.
    ("dark", r"must be darker than light, with a contrast of at least .*"),
    ("size", r"must be \d+ or more for this margin\."),
    # A table is a text, of which the document says no more.
    ("body", r"must be CSV whose first line names the columns\.|has the column .*|must name the column .*"),
    ("body", r"must have a column for where links lead, .*|is empty\.|has no links in it, or not where this format has them\."),
    ("body", r"must be a JSON array of objects\.|must be JSON as that service answers it\."),
    ("body", r"has more bytes than were announced for the upload\.|is one piece too many: .*"),
    ("Idempotency-Key", r"was used for another request\. Use a new key for each new request\."),
]


def breaks_rule(error):
    return any(
        re.fullmatch(fields, error["field"]) and re.fullmatch(rule, error["message"]) for fields, rule in RULES
    )


def tells_rows(case, response):
    """A wrong row of a table does not stop the others: it is refused in its own line of the answer, which is 200."""
    name = operation_id(case.operation)
    if response.status_code != 200 or name not in ("createLinks", "importLinks"):
        return False
    # Whatever is sent as text is text; what kind is seen from how it begins, and `{}` has no links.
    return name == "importLinks" or any("problem" in json.loads(line) for line in response.text.splitlines())


def has_any_header(case, response):
    """Headers that a call does not know are for others on the way."""
    name = operation_id(case.operation)
    return name in ("createUpload", "appendUpload") and any("unknown-property" in header for header in case.headers or {})


def is_another_resource(failure):
    """`/follower` is gone, and it is no part of `/followers`, though it is how that begins."""
    gone, used = (call.split(" ", 1)[1].split("?")[0] for call in (failure.free, failure.usage))
    return used != gone and not used.startswith(f"{gone}/")


@schemathesis.hook
def filter_failure(context, failure, case, response):
    kind = type(failure).__name__
    if kind == "AcceptedNegativeData" and (tells_rows(case, response) or has_any_header(case, response)):
        return False
    if kind == "UseAfterFree" and is_another_resource(failure):
        return False
    if kind != "RejectedPositiveData" or response.status_code != 422:
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
