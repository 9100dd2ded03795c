import type { ErrorRow } from "./errors.ts";

/** Errors about clients, keys, grants, members, objections, corrections, sources, cases and webhooks: a part of the one table in errors.ts. */
export const accessErrors = {
  CLIENT_NOT_FOUND: {
    status: 404,
    message: { en: "No client has this id.", zh: "没有该标识的业务系统。" },
  },
  CLIENT_EXISTS: {
    status: 409,
    message: {
      en: "A client with this id is registered already. Ids are never given twice.",
      zh: "该标识的业务系统已注册，标识不可重复使用。",
    },
  },
  CLIENT_KEY_INVALID: {
    status: 400,
    message: {
      en: "The key is not accepted. Send the public half of an EC P-256 or Ed25519 key as a JWK; details.reason says what is wrong.",
      zh: "该密钥不可用，请提供 EC P-256 或 Ed25519 公钥（JWK），原因见 details.reason。",
    },
  },
  CLIENT_KEYS_FULL: {
    status: 409,
    message: {
      en: "The client has two keys already. Retire one of them, then add the new one.",
      zh: "该业务系统已有两把密钥，请先停用其中一把再添加。",
    },
  },
  CLIENT_KEY_NOT_FOUND: {
    status: 404,
    message: { en: "The client has no key with this id.", zh: "该业务系统没有该编号的密钥。" },
  },
  KEY_NOT_FOUND: {
    status: 404,
    message: {
      en: "The hub has no such key in its name. Keys belong to PUBLIC_URL: a command needs the one the hub runs with.",
      zh: "枢纽名下没有此密钥。密钥属于 PUBLIC_URL 所示地址：命令行须使用与枢纽相同的 PUBLIC_URL。",
    },
  },
  CLIENT_KEY_LAST: {
    status: 409,
    message: {
      en: "This is the client's last key: without it, it gets no more tokens. Add a new one first, or say that you mean it (force).",
      zh: "这是该业务系统的最后一把密钥，停用后将无法获取令牌。请先添加新密钥，或明确强制停用（force）。",
    },
  },
  GRANT_NOT_FOUND: {
    status: 404,
    message: { en: "No grant has this number.", zh: "没有该编号的授权。" },
  },
  GRANT_NOT_NEEDED: {
    status: 409,
    message: {
      en: "No material of this procedure comes from this license type, so nobody may ask for it there.",
      zh: "该政务服务事项的申请材料不需要此类证照，不得授权调取。",
    },
  },
  GRANT_NOT_ALLOWED: {
    status: 409,
    message: {
      en: "This client can not be granted this: it must be a department's, not suspended, and the procedure its own department's.",
      zh: "不可授权：须为部门的业务系统、未被暂停，且事项属于该部门。",
    },
  },
  GRANT_EXISTS: {
    status: 409,
    message: {
      en: "A grant with other terms stands for this client, type and procedure. Revoke it first.",
      zh: "该业务系统就此证照类型和事项已有条款不同的有效授权，请先撤销。",
    },
  },
  MEMBER_LIMIT: {
    status: 409,
    message: { en: "An enterprise has at most five administrators.", zh: "每个企业最多五名管理员。" },
  },
  MEMBER_EXISTS: {
    status: 409,
    message: {
      en: "This person acts for the enterprise already, with other terms. End that first.",
      zh: "该人员已是本企业成员且条款不同，请先终止原授权。",
    },
  },
  MEMBER_NOT_FOUND: {
    status: 404,
    message: { en: "The enterprise has no member with this id.", zh: "本企业没有该编号的成员。" },
  },
  RECORD_NOT_FOUND: {
    status: 404,
    message: {
      en: "There is no access record of yours with this number, or nothing to answer in it.",
      zh: "没有与您相关的该编号调用留痕，或其中没有可答复的异议。",
    },
  },
  OBJECTION_NOT_ALLOWED: {
    status: 409,
    message: {
      en: "This access can not be objected to: no department learned anything by it.",
      zh: "该次调用不可提出异议：没有部门由此获知信息。",
    },
  },
  OBJECTION_EXISTS: {
    status: 409,
    message: {
      en: "An objection to this access has been made already; it stands as it is.",
      zh: "对该次调用已提出异议，内容不可更改。",
    },
  },
  OBJECTION_ANSWERED: {
    status: 409,
    message: {
      en: "This objection has been answered already; the answer stands as it is.",
      zh: "该异议已答复，答复不可更改。",
    },
  },
  LICENSE_NOT_FOUND: {
    status: 404,
    message: {
      en: "There is no license with this identifier that you may read.",
      zh: "没有您可查阅的该标识证照。",
    },
  },
  LICENSE_ENDED: {
    status: 409,
    message: {
      en: "This version stands no more: it was followed by another, or ended. Object to the one that stands.",
      zh: "该版本证照已被替代或终止，请对现行版本提出校核。",
    },
  },
  CORRECTIONS_FULL: {
    status: 409,
    message: {
      en: "Too many of your corrections are waiting. Wait until some are answered; details.limit says how many may wait.",
      zh: "待处理的纠错过多，请待部分答复后再提出，上限见 details.limit。",
    },
  },
  CORRECTION_NOT_FOUND: {
    status: 404,
    message: {
      en: "Your department has no correction with this number to answer.",
      zh: "没有该编号且由本部门答复的纠错。",
    },
  },
  CORRECTION_ANSWERED: {
    status: 409,
    message: {
      en: "This correction has been answered otherwise already; the answer stands as it is.",
      zh: "该纠错已另行答复，答复不可更改。",
    },
  },
  CORRECTION_CLOSED: {
    status: 409,
    message: {
      en: "There is nothing to answer any more: the license was changed or ended meanwhile.",
      zh: "证照已变更或终止，该纠错无需再答复。",
    },
  },
  SOURCE_NOT_FOUND: {
    status: 404,
    message: { en: "No source has this id.", zh: "没有该标识的数据源。" },
  },
  SOURCE_EXISTS: {
    status: 409,
    message: {
      en: "A source with this id exists already. Remove it first, or choose another id.",
      zh: "该标识的数据源已存在，请先移除或另选标识。",
    },
  },
  SOURCE_SUSPENDED: {
    status: 409,
    message: { en: "The source is suspended. Resume it first.", zh: "该数据源已暂停，请先恢复。" },
  },
  SOURCE_RECONCILING: {
    status: 409,
    message: {
      en: "The source is being compared at the moment. Wait for that to end.",
      zh: "该数据源正在对账，请等待其结束。",
    },
  },
  PROBLEM_NOT_FOUND: {
    status: 404,
    message: { en: "Your department has no problem with this id.", zh: "本部门没有该编号的问题数据。" },
  },
  PROBLEM_CORRECTED: {
    status: 409,
    message: {
      en: "This problem is closed already: its record was corrected.",
      zh: "该问题数据已更正并办结。",
    },
  },
  PROBLEM_DISMISSED: {
    status: 409,
    message: {
      en: "This problem was dismissed with another reason already; that stands as it is.",
      zh: "该问题数据已以其他理由关闭，理由不可更改。",
    },
  },
  CONFLICT_NOT_FOUND: {
    status: 404,
    message: { en: "No identifier conflict has a claim with this number.", zh: "没有该编号的标识冲突主张。" },
  },
  CONFLICT_CLOSED: {
    status: 409,
    message: {
      en: "This claim is closed already: it was decided, corrected or dismissed. What was decided stands as it is.",
      zh: "该主张已办结（已裁定、已更正或已关闭），已作出的裁定不可更改。",
    },
  },
  CONFLICT_CHANGED: {
    status: 409,
    message: {
      en: "A side has changed since you looked at it. Read both sides again, and decide with their `facts`.",
      zh: "您查看后有一方内容已变更，请重新查看双方内容，并以新的 facts 裁定。",
    },
  },
  CLAIM_NOT_ACCEPTABLE: {
    status: 409,
    message: {
      en: "The claim's record would be refused for other reasons, see `problems`: nothing was decided. Its department must correct it.",
      zh: "该主张的记录存在其他问题（见 problems），不能归集，未作裁定，须由其部门更正。",
    },
  },
  STANDING_ENDED: {
    status: 409,
    message: {
      en: "The license that stands has ended or has a successor, so it can not be revoked: decide BOTH_RIGHT or KEEP_STANDING.",
      zh: "现有证照已终止或已有后续版本，不能撤销，请裁定 BOTH_RIGHT 或 KEEP_STANDING。",
    },
  },
  CASE_NOT_FOUND: {
    status: 404,
    message: {
      en: "You have no open case with this procedure and number.",
      zh: "没有该事项和办件编号的在办案件。",
    },
  },
  WEBHOOK_NOT_FOUND: {
    status: 404,
    message: { en: "This client has no webhook.", zh: "该业务系统未设置通知地址。" },
  },
  WEBHOOK_URL_REFUSED: {
    status: 400,
    message: {
      en: "The hub does not call this address: it must be https, of a name that leads to the open internet or to a network in WEBHOOK_NETWORKS; details.reason says what is wrong, details.todo what to do.",
      zh: "枢纽不访问该地址：须为 https，且域名解析到公网或 WEBHOOK_NETWORKS 所列网络，原因见 details.reason，处理办法见 details.todoZh。",
    },
  },
} as const satisfies Record<string, ErrorRow>;
