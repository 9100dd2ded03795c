/** Words of a public text: `quote` stands there letter for letter; white space and line breaks do not count. */
export type Citation = Readonly<{ work: string; place: string; quote: string }>;

const plan = (place: string, quote: string): Citation => ({
  work: "威海市全面实施“证照分离”改革工作方案",
  place,
  quote,
});

/** What the city's plan of 2021-11-03 says about materials. A test compares every quote with the plan's text. */
export const planCitations = {
  abolished: plan(
    "二（二）1",
    "直接取消审批的事项，企业办理营业执照后即可开展相关经营活动，行政机关、企事业单位、行业组织不得要求企业提供相关许可证明。",
  ),
  commitment: plan("二（二）3", "对因企业承诺可以减省的审批材料，不再要求企业提供"),
  afterLicense: plan("二（二）3", "对可在企业领证后补交的审批材料，实行容缺办理、限期补交。"),
  onceOnly: plan("三（二）", "凡是通过电子证照可以获取的信息，一律不再要求企业提供相应材料。"),
} as const satisfies Record<string, Citation>;

/**
 * Legal ground of a decision, in Chinese. Where it has quotation marks around a sentence, the sentence is cited; where it
 * has none, the text named is paraphrased.
 */
export const grounds = {
  abolished: citationText(planCitations.abolished),
  commitment: citationText(planCitations.commitment),
  deferralAfterLicense: citationText(planCitations.afterLicense),
  deferralBeforeDecision: "容缺受理（国发〔2022〕5号提出的服务机制）：次要材料可在作出决定前补交。",
  onceOnly: citationText(planCitations.onceOnly),
  listed: "政务服务事项办事指南：该材料非必要。",
} as const;
export type Ground = (typeof grounds)[keyof typeof grounds];

/** A citation as one line: work, place, and the words in quotation marks. */
export function citationText({ work, place, quote }: Citation): string {
  return `《${work}》${place}：“${quote}”`;
}
