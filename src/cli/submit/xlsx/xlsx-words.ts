/** What the reader of workbooks says. */
export const xlsxWords = {
  damaged: {
    en: "the .xlsx file is damaged: open it in a spreadsheet and save it again",
    zh: ".xlsx 文件已损坏，请用电子表格软件打开后重新保存",
  },
  noWorkbook: {
    en: "the file is no .xlsx workbook: save it as .xlsx or as CSV UTF-8",
    zh: "文件不是 .xlsx 工作簿，请另存为 .xlsx 或 CSV UTF-8",
  },
  locked: {
    en: "the .xlsx file is locked with a password: save it without",
    zh: ".xlsx 文件设有密码，请去掉密码后保存",
  },
  tooLarge: (mebibytes: number) => ({
    en: `the .xlsx file holds more than ${mebibytes} MiB when unpacked: save it as CSV UTF-8`,
    zh: `.xlsx 文件解压后超过 ${mebibytes} MiB，请另存为 CSV UTF-8`,
  }),
  tooFar: (row: number, column: number) => ({
    en: `the sheet reaches to row ${row}, column ${column}: too far for .xlsx, save it as CSV UTF-8`,
    zh: `工作表延伸到第 ${row} 行第 ${column} 列，超出 .xlsx 的读取范围，请另存为 CSV UTF-8`,
  }),
  noPlace: (sheet: string) => ({
    en: `the .xlsx file is damaged: sheet ${sheet} has a cell at no place`,
    zh: `.xlsx 文件已损坏：工作表 ${sheet} 中有位置不明的单元格`,
  }),
  formulaFailed: (cell: string, sheet: string) => ({
    en: `a formula failed in cell ${cell} of sheet ${sheet}: mend it, or paste values in its place`,
    zh: `工作表 ${sheet} 的单元格 ${cell} 公式出错，请改正，或粘贴为数值`,
  }),
  formulaEmpty: (cell: string, sheet: string) => ({
    en: `a formula in cell ${cell} of sheet ${sheet} has no value: open the file in a spreadsheet and save it, or paste values`,
    zh: `工作表 ${sheet} 的单元格 ${cell} 公式尚无结果，请用电子表格软件打开并保存，或粘贴为数值`,
  }),
  noSheet: (wanted: string, names: string) => ({
    en: `the workbook has no sheet “${wanted}”: it has ${names}`,
    zh: `工作簿中没有工作表“${wanted}”，现有 ${names}`,
  }),
  allHidden: (names: string) => ({
    en: `every sheet of the workbook is hidden: name one with --sheet (${names})`,
    zh: `工作簿的工作表全部隐藏，请用 --sheet 指明其一（${names}）`,
  }),
  sheetRead: (name: string) => ({ en: `sheet read: ${name}`, zh: `读取的工作表：${name}` }),
  sheetsPassed: (names: string) => ({ en: `sheets not read: ${names}`, zh: `未读取的工作表：${names}` }),
  hiddenSheet: { en: "hidden", zh: "隐藏" },
  hiddenRows: (count: number) => ({
    en: `${count} rows are hidden in the sheet (filtered, or hidden by hand) and are read all the same`,
    zh: `工作表中有 ${count} 行处于隐藏（筛选）状态，仍一并读取`,
  }),
} as const;
