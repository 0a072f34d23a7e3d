package dev.prism.plugin.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is acknowledged when the disk is slow, fails or is full, and the process is killed. */
@Tag("conformance")
class SqliteFaultTest {
  private static final String SYNC = "fsync,fdatasync";

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("prism.db");
  }

  @Test
  void anAcknowledgedPutSurvivesAKill() throws IOException {
    try (StoreProcess store = new StoreProcess(file)) {
      for (int i = 0; i < 100; i++) {
        assertThat(store.put("k" + i, "v" + i)).isEqualTo("done");
      }
    }

    try (SqliteStore store = Fixtures.open(file)) {
      for (int i = 0; i < 100; i++) {
        assertThat(Fixtures.value(store, "k" + i)).isEqualTo("v" + i);
      }
    }
  }

  @Test
  void anotherProcessOnTheFileIsRefused() throws IOException {
    try (StoreProcess store = new StoreProcess(file)) {
      String second = StoreProcess.firstWord(file);

      assertThat(second).isEqualTo("IN_USE");
      assertThat(store.put("k", "v")).isEqualTo("done");
    }
    Fixtures.open(file).close();
  }

  @Test
  void anAcknowledgementWaitsForTheSync() throws IOException {
    try (StoreProcess store = new StoreProcess(file)) {
      store.put("warm", "up");
      try (SyscallFault _ = SyscallFault.in(store.pid(), SYNC, "delay_enter=100ms")) {
        for (int i = 0; i < 3; i++) {
          long from = System.nanoTime();

          String answer = store.put("k", "v" + i);

          assertThat(answer).isEqualTo("done");
          assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from))
              .isGreaterThanOrEqualTo(100);
        }
      }
    }
  }

  @Test
  void aPutWhoseSyncFailedOnceIsNotDoneAndNeverComes() throws IOException {
    try (StoreProcess store = new StoreProcess(file)) {
      store.put("k", "old");
      try (SyscallFault _ = SyscallFault.in(store.pid(), SYNC, "error=EIO:when=1")) {
        String answer = store.put("k", "new");

        assertThat(answer).isEqualTo("BACKEND_UNAVAILABLE");
        assertThat(store.get("k")).isEqualTo("old");
      }
    } // killed: the log is read again by the next process

    try (StoreProcess store = new StoreProcess(file)) {
      assertThat(store.get("k")).isEqualTo("old");
      assertThat(store.put("k", "new")).isEqualTo("done");
    }
  }

  @Test
  void putsWhoseSyncsFailAreNotDoneAndTheServiceGoesOnAfter() throws IOException {
    try (StoreProcess store = new StoreProcess(file)) {
      store.put("k", "old");
      try (SyscallFault _ = SyscallFault.in(store.pid(), SYNC, "error=EIO")) {
        String answer = store.put("k", "new");

        assertThat(answer).isEqualTo("OUTCOME_UNKNOWN");
        assertThat(store.put("k", "newer")).isEqualTo("OUTCOME_UNKNOWN");
        assertThat(store.get("k")).isEqualTo("old");
      }
      assertThat(store.put("other", "after")).isEqualTo("done");
      assertThat(store.get("k")).isEqualTo("old");
    }

    try (StoreProcess store = new StoreProcess(file)) {
      assertThat(store.get("k")).isEqualTo("old");
      assertThat(store.get("other")).isEqualTo("after");
    }
  }

  @Test
  void aPutWhoseSyncFailedIsNotThereAfterAKillAtOnce() throws IOException {
    try (StoreProcess store = new StoreProcess(file)) {
      store.put("k", "old");
      SyscallFault fault = SyscallFault.in(store.pid(), SYNC, "error=EIO");
      store.put("k", "new");
      store.close();
      fault.close();
    }

    try (StoreProcess store = new StoreProcess(file)) {
      assertThat(store.get("k")).isEqualTo("old");
    }
  }

  @Test
  void aFullDiskRefusesPutsKeepsValuesAndIsUsedAgainWhenThereIsRoom() throws IOException {
    try (StoreProcess store = new StoreProcess(file)) {
      store.put("k", "old");
      try (SyscallFault _ = SyscallFault.in(store.pid(), "pwrite64", "error=ENOSPC")) {
        String answer = store.put("k", "new");

        assertThat(answer).isEqualTo("BACKEND_FULL");
        assertThat(store.get("k")).isEqualTo("old");
      }
      assertThat(store.put("k", "new")).isEqualTo("done");
      assertThat(store.get("k")).isEqualTo("new");
    }
  }

  @Test
  void aDiskThatCannotBeWrittenIsAnErrorAndTheOldValueIsRead() throws IOException {
    try (StoreProcess store = new StoreProcess(file)) {
      store.put("k", "old");
      try (SyscallFault _ = SyscallFault.in(store.pid(), "pwrite64", "error=EIO")) {
        String answer = store.put("k", "new");

        assertThat(answer).isEqualTo("BACKEND_UNAVAILABLE");
        assertThat(store.get("k")).isEqualTo("old");
      }
      assertThat(store.put("k", "new")).isEqualTo("done");
    }
  }
}
