package dev.prism.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columnsAreAsWideAsTheirWidestCellAndNumbersStandRight() {
    Table table =
        new Table("NAME", "CALLS", "STATE").row("sqlite", 1234, "READY").row("m", 7, "CRASH_LOOP");
    assertThat(table)
        .hasToString(
            """
            NAME    CALLS  STATE
            sqlite   1234  READY
            m           7  CRASH_LOOP
            """);
  }

  @Test
  void anEmptyCellIsADash() {
    assertThat(new Table("A", "B").row("", "x")).hasToString("A  B\n-  x\n");
  }
}
