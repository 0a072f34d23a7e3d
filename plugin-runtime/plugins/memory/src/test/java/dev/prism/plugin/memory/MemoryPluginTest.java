package dev.prism.plugin.memory;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginRefusedException;
import dev.prism.sdk.runtime.PluginRuntime;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryPluginTest {
  @Test
  void aSecondProcessIsRefused() {
    MemoryPlugin plugin = new MemoryPlugin(InstantSource.system());
    PluginConfig second = PluginConfig.of(Map.of("PRISM_PROCESS", "1"));

    assertThatThrownBy(() -> PluginRuntime.start(plugin, second, InstantSource.system()))
        .isInstanceOf(PluginRefusedException.class)
        .hasMessageStartingWith("BACKEND_SINGLE_PROCESS: ");
  }
}
