export namespace view {
	
	export class About {
	    version: string;
	    dataDir: string;
	    readOnly: boolean;
	    vault: string;
	    vaultState: string;
	    tray: boolean;
	    language: string;
	    providers: number;
	    ownFolder: string;
	
	    static createFrom(source: any = {}) {
	        return new About(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.version = source["version"];
	        this.dataDir = source["dataDir"];
	        this.readOnly = source["readOnly"];
	        this.vault = source["vault"];
	        this.vaultState = source["vaultState"];
	        this.tray = source["tray"];
	        this.language = source["language"];
	        this.providers = source["providers"];
	        this.ownFolder = source["ownFolder"];
	    }
	}
	export class Text {
	    key: string;
	    args: Record<string, string>;
	
	    static createFrom(source: any = {}) {
	        return new Text(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.key = source["key"];
	        this.args = source["args"];
	    }
	}
	export class Act {
	    at: string;
	    text: Text;
	    what: string;
	    actor: string;
	    integration: string;
	    name: string;
	    scopes: string[];
	
	    static createFrom(source: any = {}) {
	        return new Act(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.at = source["at"];
	        this.text = this.convertValues(source["text"], Text);
	        this.what = source["what"];
	        this.actor = source["actor"];
	        this.integration = source["integration"];
	        this.name = source["name"];
	        this.scopes = source["scopes"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Revocation {
	    name: string;
	    provider: string;
	    account: string;
	    since: string;
	    nextAt: string;
	    tries: number;
	    reason: Text;
	    page: string;
	
	    static createFrom(source: any = {}) {
	        return new Revocation(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.provider = source["provider"];
	        this.account = source["account"];
	        this.since = source["since"];
	        this.nextAt = source["nextAt"];
	        this.tries = source["tries"];
	        this.reason = this.convertValues(source["reason"], Text);
	        this.page = source["page"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Activity {
	    acts: Act[];
	    more: boolean;
	    pending: Revocation[];
	
	    static createFrom(source: any = {}) {
	        return new Activity(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.acts = this.convertValues(source["acts"], Act);
	        this.more = source["more"];
	        this.pending = this.convertValues(source["pending"], Revocation);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class ActivityQuery {
	    integration: string;
	    since: string;
	    limit: number;
	
	    static createFrom(source: any = {}) {
	        return new ActivityQuery(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.integration = source["integration"];
	        this.since = source["since"];
	        this.limit = source["limit"];
	    }
	}
	export class Answer {
	    choice: string;
	    values: Record<string, string>;
	    secrets: Record<string, string>;
	
	    static createFrom(source: any = {}) {
	        return new Answer(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.choice = source["choice"];
	        this.values = source["values"];
	        this.secrets = source["secrets"];
	    }
	}
	export class Asked {
	    whom: string;
	    since: string;
	
	    static createFrom(source: any = {}) {
	        return new Asked(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.whom = source["whom"];
	        this.since = source["since"];
	    }
	}
	export class Bar {
	    start: string;
	    status: string;
	    ok: number;
	    failing: number;
	    unknown: number;
	
	    static createFrom(source: any = {}) {
	        return new Bar(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.start = source["start"];
	        this.status = source["status"];
	        this.ok = source["ok"];
	        this.failing = source["failing"];
	        this.unknown = source["unknown"];
	    }
	}
	export class End {
	    kind: string;
	    at: string;
	    grant: string;
	    integrations: string[];
	    names: string[];
	    providerName: string;
	    account: string;
	    status: string;
	    repair: string;
	
	    static createFrom(source: any = {}) {
	        return new End(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.kind = source["kind"];
	        this.at = source["at"];
	        this.grant = source["grant"];
	        this.integrations = source["integrations"];
	        this.names = source["names"];
	        this.providerName = source["providerName"];
	        this.account = source["account"];
	        this.status = source["status"];
	        this.repair = source["repair"];
	    }
	}
	export class Calendar {
	    entries: End[];
	    endless: number;
	    at: string;
	
	    static createFrom(source: any = {}) {
	        return new Calendar(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.entries = this.convertValues(source["entries"], End);
	        this.endless = source["endless"];
	        this.at = source["at"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class CardLine {
	    kind: string;
	    text: string;
	    note: string;
	
	    static createFrom(source: any = {}) {
	        return new CardLine(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.kind = source["kind"];
	        this.text = source["text"];
	        this.note = source["note"];
	    }
	}
	export class Card {
	    title: string;
	    lines: CardLine[];
	    text: string;
	
	    static createFrom(source: any = {}) {
	        return new Card(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.title = source["title"];
	        this.lines = this.convertValues(source["lines"], CardLine);
	        this.text = source["text"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class CardRequest {
	    id: string;
	    lang: string;
	    to: string;
	    format: string;
	
	    static createFrom(source: any = {}) {
	        return new CardRequest(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.lang = source["lang"];
	        this.to = source["to"];
	        this.format = source["format"];
	    }
	}
	export class Change {
	    at: string;
	    status: string;
	    rule: string;
	    what: Text;
	
	    static createFrom(source: any = {}) {
	        return new Change(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.at = source["at"];
	        this.status = source["status"];
	        this.rule = source["rule"];
	        this.what = this.convertValues(source["what"], Text);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Channel {
	    id: string;
	    kind: string;
	    label: string;
	    name: string;
	    receiver: string;
	    deliveredAt: string;
	    failure: string;
	    retryAt: string;
	
	    static createFrom(source: any = {}) {
	        return new Channel(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.kind = source["kind"];
	        this.label = source["label"];
	        this.name = source["name"];
	        this.receiver = source["receiver"];
	        this.deliveredAt = source["deliveredAt"];
	        this.failure = source["failure"];
	        this.retryAt = source["retryAt"];
	    }
	}
	export class ChannelDraft {
	    kind: string;
	    name: string;
	    answer: Answer;
	
	    static createFrom(source: any = {}) {
	        return new ChannelDraft(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.kind = source["kind"];
	        this.name = source["name"];
	        this.answer = this.convertValues(source["answer"], Answer);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Field {
	    id: string;
	    kind: string;
	    label: Localized;
	    help: Localized;
	    example: string;
	    default: string;
	    pattern: string;
	    choices: string[];
	    optional: boolean;
	    needs: string;
	    lines: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Field(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.kind = source["kind"];
	        this.label = this.convertValues(source["label"], Localized);
	        this.help = this.convertValues(source["help"], Localized);
	        this.example = source["example"];
	        this.default = source["default"];
	        this.pattern = source["pattern"];
	        this.choices = source["choices"];
	        this.optional = source["optional"];
	        this.needs = source["needs"];
	        this.lines = source["lines"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Localized {
	    en: string;
	    ptBR: string;
	
	    static createFrom(source: any = {}) {
	        return new Localized(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.en = source["en"];
	        this.ptBR = source["ptBR"];
	    }
	}
	export class ChannelForm {
	    kind: string;
	    label: string;
	    help: Localized;
	    fields: Field[];
	
	    static createFrom(source: any = {}) {
	        return new ChannelForm(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.kind = source["kind"];
	        this.label = source["label"];
	        this.help = this.convertValues(source["help"], Localized);
	        this.fields = this.convertValues(source["fields"], Field);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Check {
	    key: string;
	    ok: boolean;
	    text: Text;
	
	    static createFrom(source: any = {}) {
	        return new Check(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.key = source["key"];
	        this.ok = source["ok"];
	        this.text = this.convertValues(source["text"], Text);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Choice {
	    id: string;
	    name: string;
	
	    static createFrom(source: any = {}) {
	        return new Choice(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.name = source["name"];
	    }
	}
	export class Connection {
	    values: Record<string, string>;
	    secrets: string[];
	
	    static createFrom(source: any = {}) {
	        return new Connection(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.values = source["values"];
	        this.secrets = source["secrets"];
	    }
	}
	export class Consent {
	    url: string;
	    redirectUri: string;
	    opened: boolean;
	    paste: boolean;
	    pin: boolean;
	    relay: boolean;
	    deadline: string;
	
	    static createFrom(source: any = {}) {
	        return new Consent(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.url = source["url"];
	        this.redirectUri = source["redirectUri"];
	        this.opened = source["opened"];
	        this.paste = source["paste"];
	        this.pin = source["pin"];
	        this.relay = source["relay"];
	        this.deadline = source["deadline"];
	    }
	}
	export class Cycle {
	    integration: string;
	    name: string;
	    result: string;
	    state: string;
	    endedAt: string;
	    told: string;
	    askedAt: string;
	    late: boolean;
	    status: string;
	    text: Text;
	
	    static createFrom(source: any = {}) {
	        return new Cycle(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.integration = source["integration"];
	        this.name = source["name"];
	        this.result = source["result"];
	        this.state = source["state"];
	        this.endedAt = source["endedAt"];
	        this.told = source["told"];
	        this.askedAt = source["askedAt"];
	        this.late = source["late"];
	        this.status = source["status"];
	        this.text = this.convertValues(source["text"], Text);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Links {
	    keys: string;
	    revoke: string;
	    access: string;
	    status: string;
	
	    static createFrom(source: any = {}) {
	        return new Links(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.keys = source["keys"];
	        this.revoke = source["revoke"];
	        this.access = source["access"];
	        this.status = source["status"];
	    }
	}
	export class HostKey {
	    type: string;
	    fingerprint: string;
	
	    static createFrom(source: any = {}) {
	        return new HostKey(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.type = source["type"];
	        this.fingerprint = source["fingerprint"];
	    }
	}
	export class HostKeys {
	    host: string;
	    before: HostKey[];
	    now: HostKey[];
	
	    static createFrom(source: any = {}) {
	        return new HostKeys(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.host = source["host"];
	        this.before = this.convertValues(source["before"], HostKey);
	        this.now = this.convertValues(source["now"], HostKey);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class TheirKeys {
	    state: string;
	    text: Text;
	    attempt: number;
	    of: number;
	    until: string;
	
	    static createFrom(source: any = {}) {
	        return new TheirKeys(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.state = source["state"];
	        this.text = this.convertValues(source["text"], Text);
	        this.attempt = source["attempt"];
	        this.of = source["of"];
	        this.until = source["until"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Resource {
	    id: string;
	    name: string;
	
	    static createFrom(source: any = {}) {
	        return new Resource(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.name = source["name"];
	    }
	}
	export class TheirStep {
	    id: string;
	    text: Text;
	    again?: Localized;
	    doneAt: string;
	
	    static createFrom(source: any = {}) {
	        return new TheirStep(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.text = this.convertValues(source["text"], Text);
	        this.again = this.convertValues(source["again"], Localized);
	        this.doneAt = source["doneAt"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class TheirSide {
	    on: boolean;
	    switch: string;
	    ours: string;
	    status: string;
	    rule: string;
	    next: string;
	    behind: boolean;
	    what: Text;
	    do: Text;
	    name: string;
	    button: string;
	    unconfirmed: boolean;
	    steps: TheirStep[];
	    resources: Resource[];
	    dataPoint: string;
	    toldAt: string;
	    endsAt: string;
	    keys?: TheirKeys;
	    account: string;
	    accounts: Choice[];
	
	    static createFrom(source: any = {}) {
	        return new TheirSide(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.on = source["on"];
	        this.switch = source["switch"];
	        this.ours = source["ours"];
	        this.status = source["status"];
	        this.rule = source["rule"];
	        this.next = source["next"];
	        this.behind = source["behind"];
	        this.what = this.convertValues(source["what"], Text);
	        this.do = this.convertValues(source["do"], Text);
	        this.name = source["name"];
	        this.button = source["button"];
	        this.unconfirmed = source["unconfirmed"];
	        this.steps = this.convertValues(source["steps"], TheirStep);
	        this.resources = this.convertValues(source["resources"], Resource);
	        this.dataPoint = source["dataPoint"];
	        this.toldAt = source["toldAt"];
	        this.endsAt = source["endsAt"];
	        this.keys = this.convertValues(source["keys"], TheirKeys);
	        this.account = source["account"];
	        this.accounts = this.convertValues(source["accounts"], Choice);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class StepSeen {
	    stage: string;
	    ok: boolean;
	    tookMs: number;
	    warning: boolean;
	
	    static createFrom(source: any = {}) {
	        return new StepSeen(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.stage = source["stage"];
	        this.ok = source["ok"];
	        this.tookMs = source["tookMs"];
	        this.warning = source["warning"];
	    }
	}
	export class Fact {
	    key: string;
	    value: string;
	    provider: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Fact(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.key = source["key"];
	        this.value = source["value"];
	        this.provider = source["provider"];
	    }
	}
	export class Finding {
	    verdict: string;
	    cause: string;
	    rule: string;
	    confidence: string;
	    next: string;
	    what: Text;
	    why: Text;
	    do: Text;
	    known: Text[];
	    ruledOut: Text[];
	    section: string;
	    page: string;
	
	    static createFrom(source: any = {}) {
	        return new Finding(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.verdict = source["verdict"];
	        this.cause = source["cause"];
	        this.rule = source["rule"];
	        this.confidence = source["confidence"];
	        this.next = source["next"];
	        this.what = this.convertValues(source["what"], Text);
	        this.why = this.convertValues(source["why"], Text);
	        this.do = this.convertValues(source["do"], Text);
	        this.known = this.convertValues(source["known"], Text);
	        this.ruledOut = this.convertValues(source["ruledOut"], Text);
	        this.section = source["section"];
	        this.page = source["page"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Rest {
	    kind: string;
	    fromAt: string;
	    untilAt: string;
	
	    static createFrom(source: any = {}) {
	        return new Rest(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.kind = source["kind"];
	        this.fromAt = source["fromAt"];
	        this.untilAt = source["untilAt"];
	    }
	}
	export class Row {
	    id: string;
	    name: string;
	    provider: string;
	    providerName: string;
	    status: string;
	    verdict: string;
	    cause: string;
	    theirs: string;
	    rule: string;
	    next: string;
	    repair: string;
	    account: string;
	    checkedAt: string;
	    succeededAt: string;
	    dueAt: string;
	    retryAt: string;
	    expiresAt: string;
	    incidentSince: string;
	    paused: boolean;
	    rest?: Rest;
	    history: string;
	
	    static createFrom(source: any = {}) {
	        return new Row(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.name = source["name"];
	        this.provider = source["provider"];
	        this.providerName = source["providerName"];
	        this.status = source["status"];
	        this.verdict = source["verdict"];
	        this.cause = source["cause"];
	        this.theirs = source["theirs"];
	        this.rule = source["rule"];
	        this.next = source["next"];
	        this.repair = source["repair"];
	        this.account = source["account"];
	        this.checkedAt = source["checkedAt"];
	        this.succeededAt = source["succeededAt"];
	        this.dueAt = source["dueAt"];
	        this.retryAt = source["retryAt"];
	        this.expiresAt = source["expiresAt"];
	        this.incidentSince = source["incidentSince"];
	        this.paused = source["paused"];
	        this.rest = this.convertValues(source["rest"], Rest);
	        this.history = source["history"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Detail {
	    row: Row;
	    hours: Bar[];
	    finding?: Finding;
	    facts: Fact[];
	    steps: StepSeen[];
	    changes: Change[];
	    acts: Act[];
	    theirs?: TheirSide;
	    hostKeys: HostKeys[];
	    settings: Record<string, string>;
	    settingForm: Field[];
	    intervalMs: number;
	    method: string;
	    accountId: string;
	    scopes: string[];
	    resources: Resource[];
	    obtainedAt: string;
	    sharedWith: string[];
	    links: Links;
	    pending?: Revocation;
	    unconfirmed: boolean;
	    rest?: Rest;
	    asked?: Asked;
	    offerSupport: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Detail(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.row = this.convertValues(source["row"], Row);
	        this.hours = this.convertValues(source["hours"], Bar);
	        this.finding = this.convertValues(source["finding"], Finding);
	        this.facts = this.convertValues(source["facts"], Fact);
	        this.steps = this.convertValues(source["steps"], StepSeen);
	        this.changes = this.convertValues(source["changes"], Change);
	        this.acts = this.convertValues(source["acts"], Act);
	        this.theirs = this.convertValues(source["theirs"], TheirSide);
	        this.hostKeys = this.convertValues(source["hostKeys"], HostKeys);
	        this.settings = source["settings"];
	        this.settingForm = this.convertValues(source["settingForm"], Field);
	        this.intervalMs = source["intervalMs"];
	        this.method = source["method"];
	        this.accountId = source["accountId"];
	        this.scopes = source["scopes"];
	        this.resources = this.convertValues(source["resources"], Resource);
	        this.obtainedAt = source["obtainedAt"];
	        this.sharedWith = source["sharedWith"];
	        this.links = this.convertValues(source["links"], Links);
	        this.pending = this.convertValues(source["pending"], Revocation);
	        this.unconfirmed = source["unconfirmed"];
	        this.rest = this.convertValues(source["rest"], Rest);
	        this.asked = this.convertValues(source["asked"], Asked);
	        this.offerSupport = source["offerSupport"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Device {
	    userCode: string;
	    url: string;
	    urlComplete: string;
	    opened: boolean;
	    deadline: string;
	
	    static createFrom(source: any = {}) {
	        return new Device(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.userCode = source["userCode"];
	        this.url = source["url"];
	        this.urlComplete = source["urlComplete"];
	        this.opened = source["opened"];
	        this.deadline = source["deadline"];
	    }
	}
	export class DisconnectPlan {
	    name: string;
	    provider: string;
	    account: string;
	    shared: string[];
	    kin: string[];
	    told: boolean;
	    page: string;
	
	    static createFrom(source: any = {}) {
	        return new DisconnectPlan(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.provider = source["provider"];
	        this.account = source["account"];
	        this.shared = source["shared"];
	        this.kin = source["kin"];
	        this.told = source["told"];
	        this.page = source["page"];
	    }
	}
	export class Disconnected {
	    ending: string;
	    text: Text;
	    page: string;
	    link: string;
	    removed: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Disconnected(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.ending = source["ending"];
	        this.text = this.convertValues(source["text"], Text);
	        this.page = source["page"];
	        this.link = source["link"];
	        this.removed = source["removed"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Doctor {
	    about: About;
	    checks: Check[];
	
	    static createFrom(source: any = {}) {
	        return new Doctor(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.about = this.convertValues(source["about"], About);
	        this.checks = this.convertValues(source["checks"], Check);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Draft {
	    provider: string;
	    name: string;
	    method: string;
	    settings: Record<string, string>;
	    useGrant: string;
	    answer: Answer;
	    connection: string;
	
	    static createFrom(source: any = {}) {
	        return new Draft(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.provider = source["provider"];
	        this.name = source["name"];
	        this.method = source["method"];
	        this.settings = source["settings"];
	        this.useGrant = source["useGrant"];
	        this.answer = this.convertValues(source["answer"], Answer);
	        this.connection = source["connection"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Edit {
	    id: string;
	    name: string;
	    intervalMs: number;
	    settings: Record<string, string>;
	
	    static createFrom(source: any = {}) {
	        return new Edit(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.name = source["name"];
	        this.intervalMs = source["intervalMs"];
	        this.settings = source["settings"];
	    }
	}
	
	
	
	
	
	
	export class Incident {
	    id: string;
	    integration: string;
	    name: string;
	    provider: string;
	    status: string;
	    cause: string;
	    what: Text;
	    openedAt: string;
	    closedAt: string;
	    durationMs: number;
	    ending: string;
	    rest?: Rest;
	    asked?: Asked;
	
	    static createFrom(source: any = {}) {
	        return new Incident(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.integration = source["integration"];
	        this.name = source["name"];
	        this.provider = source["provider"];
	        this.status = source["status"];
	        this.cause = source["cause"];
	        this.what = this.convertValues(source["what"], Text);
	        this.openedAt = source["openedAt"];
	        this.closedAt = source["closedAt"];
	        this.durationMs = source["durationMs"];
	        this.ending = source["ending"];
	        this.rest = this.convertValues(source["rest"], Rest);
	        this.asked = this.convertValues(source["asked"], Asked);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class IncidentGroup {
	    bond: string;
	    title: Text;
	    incidents: Incident[];
	
	    static createFrom(source: any = {}) {
	        return new IncidentGroup(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.bond = source["bond"];
	        this.title = this.convertValues(source["title"], Text);
	        this.incidents = this.convertValues(source["incidents"], Incident);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Repairs {
	    count: number;
	    temporary: number;
	    medianMs: number;
	    longestMs: number;
	
	    static createFrom(source: any = {}) {
	        return new Repairs(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.count = source["count"];
	        this.temporary = source["temporary"];
	        this.medianMs = source["medianMs"];
	        this.longestMs = source["longestMs"];
	    }
	}
	export class Incidents {
	    open: IncidentGroup[];
	    past: Incident[];
	    repairs: Repairs;
	    since: string;
	    at: string;
	
	    static createFrom(source: any = {}) {
	        return new Incidents(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.open = this.convertValues(source["open"], IncidentGroup);
	        this.past = this.convertValues(source["past"], Incident);
	        this.repairs = this.convertValues(source["repairs"], Repairs);
	        this.since = source["since"];
	        this.at = source["at"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class LeastLogin {
	    user: string;
	    old: string;
	    shell: string;
	    create: string[];
	    stop: string[];
	    drop: string[];
	    command: string;
	    addresses: string[];
	    port: string;
	    bastion: string;
	    database: string;
	
	    static createFrom(source: any = {}) {
	        return new LeastLogin(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.user = source["user"];
	        this.old = source["old"];
	        this.shell = source["shell"];
	        this.create = source["create"];
	        this.stop = source["stop"];
	        this.drop = source["drop"];
	        this.command = source["command"];
	        this.addresses = source["addresses"];
	        this.port = source["port"];
	        this.bastion = source["bastion"];
	        this.database = source["database"];
	    }
	}
	export class Shorter {
	    field: string;
	    equals: string;
	    days: number;
	    hours: number;
	
	    static createFrom(source: any = {}) {
	        return new Shorter(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.field = source["field"];
	        this.equals = source["equals"];
	        this.days = source["days"];
	        this.hours = source["hours"];
	    }
	}
	export class Lifetime {
	    accessMs: number;
	    grantMs: number;
	    idleMs: number;
	    rotates: boolean;
	    shorter?: Shorter;
	
	    static createFrom(source: any = {}) {
	        return new Lifetime(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.accessMs = source["accessMs"];
	        this.grantMs = source["grantMs"];
	        this.idleMs = source["idleMs"];
	        this.rotates = source["rotates"];
	        this.shorter = this.convertValues(source["shorter"], Shorter);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	
	export class Scope {
	    id: string;
	    why: Localized;
	    optional: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Scope(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.why = this.convertValues(source["why"], Localized);
	        this.optional = source["optional"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class OAuthApp {
	    keysUrl: string;
	    type: Localized;
	    redirectUris: string[];
	
	    static createFrom(source: any = {}) {
	        return new OAuthApp(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.keysUrl = source["keysUrl"];
	        this.type = this.convertValues(source["type"], Localized);
	        this.redirectUris = source["redirectUris"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Method {
	    kind: string;
	    label: Localized;
	    help: Localized;
	    fields: Field[];
	    import: string;
	    app?: OAuthApp;
	    redirectKind: string;
	    signInHosts: string[];
	    scopes: Scope[];
	    lifetime: Lifetime;
	    life: Text[];
	
	    static createFrom(source: any = {}) {
	        return new Method(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.kind = source["kind"];
	        this.label = this.convertValues(source["label"], Localized);
	        this.help = this.convertValues(source["help"], Localized);
	        this.fields = this.convertValues(source["fields"], Field);
	        this.import = source["import"];
	        this.app = this.convertValues(source["app"], OAuthApp);
	        this.redirectKind = source["redirectKind"];
	        this.signInHosts = source["signInHosts"];
	        this.scopes = this.convertValues(source["scopes"], Scope);
	        this.lifetime = this.convertValues(source["lifetime"], Lifetime);
	        this.life = this.convertValues(source["life"], Text);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Moment {
	    at: string;
	    kind: string;
	    who: string;
	    status: string;
	    text: Text;
	
	    static createFrom(source: any = {}) {
	        return new Moment(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.at = source["at"];
	        this.kind = source["kind"];
	        this.who = source["who"];
	        this.status = source["status"];
	        this.text = this.convertValues(source["text"], Text);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class Offer {
	    integration: string;
	    account: string;
	    users: string[];
	
	    static createFrom(source: any = {}) {
	        return new Offer(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.integration = source["integration"];
	        this.account = source["account"];
	        this.users = source["users"];
	    }
	}
	export class Outcome {
	    result: string;
	    text: Text;
	    finding?: Finding;
	    account: string;
	    expected: string;
	    missing: string[];
	    integration: string;
	    repaired: string[];
	    expiresAt: string;
	    changed: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Outcome(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.result = source["result"];
	        this.text = this.convertValues(source["text"], Text);
	        this.finding = this.convertValues(source["finding"], Finding);
	        this.account = source["account"];
	        this.expected = source["expected"];
	        this.missing = source["missing"];
	        this.integration = source["integration"];
	        this.repaired = source["repaired"];
	        this.expiresAt = source["expiresAt"];
	        this.changed = source["changed"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Overview {
	    rows: Row[];
	    cycles: Cycle[];
	    readOnly: boolean;
	    vault: string;
	    offline: boolean;
	    demo: boolean;
	    at: string;
	
	    static createFrom(source: any = {}) {
	        return new Overview(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.rows = this.convertValues(source["rows"], Row);
	        this.cycles = this.convertValues(source["cycles"], Cycle);
	        this.readOnly = source["readOnly"];
	        this.vault = source["vault"];
	        this.offline = source["offline"];
	        this.demo = source["demo"];
	        this.at = source["at"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Preferences {
	    language: string;
	    theme: string;
	    notifications: boolean;
	    onClose: string;
	    relay: string;
	    quietHours: string;
	    quietDays: string;
	    system: string;
	
	    static createFrom(source: any = {}) {
	        return new Preferences(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.language = source["language"];
	        this.theme = source["theme"];
	        this.notifications = source["notifications"];
	        this.onClose = source["onClose"];
	        this.relay = source["relay"];
	        this.quietHours = source["quietHours"];
	        this.quietDays = source["quietDays"];
	        this.system = source["system"];
	    }
	}
	export class Probe {
	    method: string;
	    address: string;
	    host: string;
	    hosts: string[];
	    driver: string;
	    query: string;
	    perDay: number;
	    asks: Text[];
	
	    static createFrom(source: any = {}) {
	        return new Probe(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.method = source["method"];
	        this.address = source["address"];
	        this.host = source["host"];
	        this.hosts = source["hosts"];
	        this.driver = source["driver"];
	        this.query = source["query"];
	        this.perDay = source["perDay"];
	        this.asks = this.convertValues(source["asks"], Text);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Problem {
	    field: string;
	    code: string;
	    args: Record<string, string>;
	
	    static createFrom(source: any = {}) {
	        return new Problem(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.field = source["field"];
	        this.code = source["code"];
	        this.args = source["args"];
	    }
	}
	export class Theirs {
	    name: string;
	    button: string;
	    again: Localized;
	    days: number;
	    unconfirmed: boolean;
	
	    static createFrom(source: any = {}) {
	        return new Theirs(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.button = source["button"];
	        this.again = this.convertValues(source["again"], Localized);
	        this.days = source["days"];
	        this.unconfirmed = source["unconfirmed"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Provider {
	    id: string;
	    name: string;
	    category: string;
	    family: string;
	    synonyms: string[];
	    summary: Localized;
	    commerceIntelligence: boolean;
	    theirs?: Theirs;
	    generic: boolean;
	    own: boolean;
	    settings: Field[];
	    methods: Method[];
	    probe: Probe;
	    links: Links;
	    intervalMs: number;
	    unconfirmed: string[];
	    sources: string[];
	
	    static createFrom(source: any = {}) {
	        return new Provider(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.name = source["name"];
	        this.category = source["category"];
	        this.family = source["family"];
	        this.synonyms = source["synonyms"];
	        this.summary = this.convertValues(source["summary"], Localized);
	        this.commerceIntelligence = source["commerceIntelligence"];
	        this.theirs = this.convertValues(source["theirs"], Theirs);
	        this.generic = source["generic"];
	        this.own = source["own"];
	        this.settings = this.convertValues(source["settings"], Field);
	        this.methods = this.convertValues(source["methods"], Method);
	        this.probe = this.convertValues(source["probe"], Probe);
	        this.links = this.convertValues(source["links"], Links);
	        this.intervalMs = source["intervalMs"];
	        this.unconfirmed = source["unconfirmed"];
	        this.sources = source["sources"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class Question {
	    about: string;
	    account: string;
	    expected: string;
	    lost: Resource[];
	    kept: Resource[];
	    hostKeys?: HostKeys;
	
	    static createFrom(source: any = {}) {
	        return new Question(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.about = source["about"];
	        this.account = source["account"];
	        this.expected = source["expected"];
	        this.lost = this.convertValues(source["lost"], Resource);
	        this.kept = this.convertValues(source["kept"], Resource);
	        this.hostKeys = this.convertValues(source["hostKeys"], HostKeys);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	
	
	
	
	export class SSHKey {
	    user: string;
	    host: string;
	    public: string;
	    line: string;
	    install: string;
	
	    static createFrom(source: any = {}) {
	        return new SSHKey(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.user = source["user"];
	        this.host = source["host"];
	        this.public = source["public"];
	        this.line = source["line"];
	        this.install = source["install"];
	    }
	}
	
	
	export class Step {
	    flow: string;
	    kind: string;
	    title: Text;
	    fields: Field[];
	    values: Record<string, string>;
	    problems: Problem[];
	    notice?: Text;
	    import: string;
	    code: boolean;
	    app?: OAuthApp;
	    sshKey?: SSHKey;
	    consent?: Consent;
	    device?: Device;
	    wanted: Scope[];
	    question?: Question;
	    also: string[];
	    choices: string[];
	    outcome?: Outcome;
	
	    static createFrom(source: any = {}) {
	        return new Step(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.flow = source["flow"];
	        this.kind = source["kind"];
	        this.title = this.convertValues(source["title"], Text);
	        this.fields = this.convertValues(source["fields"], Field);
	        this.values = source["values"];
	        this.problems = this.convertValues(source["problems"], Problem);
	        this.notice = this.convertValues(source["notice"], Text);
	        this.import = source["import"];
	        this.code = source["code"];
	        this.app = this.convertValues(source["app"], OAuthApp);
	        this.sshKey = this.convertValues(source["sshKey"], SSHKey);
	        this.consent = this.convertValues(source["consent"], Consent);
	        this.device = this.convertValues(source["device"], Device);
	        this.wanted = this.convertValues(source["wanted"], Scope);
	        this.question = this.convertValues(source["question"], Question);
	        this.also = source["also"];
	        this.choices = source["choices"];
	        this.outcome = this.convertValues(source["outcome"], Outcome);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class Support {
	    text: string;
	    page: string;
	
	    static createFrom(source: any = {}) {
	        return new Support(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.text = source["text"];
	        this.page = source["page"];
	    }
	}
	
	
	
	
	
	export class Told {
	    switch: string;
	    account: string;
	    dataPoint: string;
	    done: string;
	    undone: string;
	    keys: string;
	
	    static createFrom(source: any = {}) {
	        return new Told(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.switch = source["switch"];
	        this.account = source["account"];
	        this.dataPoint = source["dataPoint"];
	        this.done = source["done"];
	        this.undone = source["undone"];
	        this.keys = source["keys"];
	    }
	}

}

