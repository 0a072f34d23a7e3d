package dev.prism.plugin.sqlite;

import dev.prism.sdk.PluginMain;
import java.time.InstantSource;

/** The SQLite plugin's process. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    PluginMain.run(new SqlitePlugin(InstantSource.system()), args);
  }
}
