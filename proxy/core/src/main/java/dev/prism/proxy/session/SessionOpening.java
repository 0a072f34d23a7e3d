package dev.prism.proxy.session;

import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConfigEntry;
import dev.prism.config.v1.ConfigSource;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.InterfaceInfo;
import dev.prism.proxy.auth.Principal;
import dev.prism.proxy.catalog.Catalog;
import dev.prism.proxy.catalog.Catalog.Meaning;
import dev.prism.proxy.config.ClientConfigRules;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import dev.prism.type.v1.AccessPattern;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns a CreateSession request into what a session is to be, or says all that is wrong with it.
 */
final class SessionOpening {
  private static final int MAX_CLIENT_ID_BYTES = 128;
  private static final int MAX_CLIENT_VERSION_BYTES = 64;
  private static final int MAX_METADATA = 16;
  private static final int MAX_METADATA_BYTES = 4096;
  private static final int MAX_ADDITIONAL = 31;

  private final Catalog catalog;

  SessionOpening(Catalog catalog) {
    this.catalog = catalog;
  }

  /** A config of the request, and where it stands there. */
  private record Wanted(String field, ClientConfig config, ConfigSource source) {}

  /**
   * @throws PrismException FIELD_INVALID, CONFIG_NOT_FOUND, NAMESPACE_NOT_FOUND, CONFIG_INVALID,
   *     PLUGIN_UNAVAILABLE where a backend is not ready
   */
  Sessions.Opening read(CreateSessionRequest request, Principal principal, String peer) {
    checkFields(request);
    List<Wanted> wanted = wanted(request, principal);
    String namespace = namespace(request, wanted);
    catalog.requireNamespace(namespace, principal);
    return new Sessions.Opening(
        namespace,
        bind(wanted, namespace),
        request.getClientId(),
        request.getClientVersion(),
        request.getMetadataMap(),
        peer);
  }

  private static void checkFields(CreateSessionRequest request) {
    List<Violation> violations = new ArrayList<>();
    boolean named = request.hasConfigName() && !request.getConfigName().isEmpty();
    if (!named && !request.hasInlineConfig()) {
      violations.add(new Violation("config", "config_name or inline_config is needed"));
    }
    atMost("client_id", request.getClientId(), MAX_CLIENT_ID_BYTES, violations);
    atMost("client_version", request.getClientVersion(), MAX_CLIENT_VERSION_BYTES, violations);
    int bytes = 0;
    for (Map.Entry<String, String> entry : request.getMetadataMap().entrySet()) {
      bytes += bytes(entry.getKey()) + bytes(entry.getValue());
    }
    if (request.getMetadataCount() > MAX_METADATA || bytes > MAX_METADATA_BYTES) {
      violations.add(
          new Violation(
              "metadata",
              "must have at most "
                  + MAX_METADATA
                  + " entries and "
                  + MAX_METADATA_BYTES
                  + " bytes"));
    }
    if (request.getAdditionalConfigNamesCount() > MAX_ADDITIONAL) {
      violations.add(new Violation("additional_config_names", "must be at most " + MAX_ADDITIONAL));
    }
    if (!violations.isEmpty()) {
      throw PrismException.invalid(Reason.FIELD_INVALID, "The request is not valid.", violations);
    }
  }

  private List<Wanted> wanted(CreateSessionRequest request, Principal principal) {
    List<Wanted> wanted = new ArrayList<>();
    if (request.hasInlineConfig()) {
      wanted.add(
          new Wanted(
              "inline_config", request.getInlineConfig(), ConfigSource.CONFIG_SOURCE_INLINE));
    } else {
      wanted.add(named("config_name", request.getConfigName(), request, principal));
    }
    for (int i = 0; i < request.getAdditionalConfigNamesCount(); i++) {
      wanted.add(
          named(
              "additional_config_names[" + i + "]",
              request.getAdditionalConfigNames(i),
              request,
              principal));
    }
    return wanted;
  }

  private Wanted named(
      String field, String name, CreateSessionRequest request, Principal principal) {
    ConfigEntry entry = catalog.get(name, request.getNamespace(), principal);
    return new Wanted(field, entry.getConfig(), entry.getSource());
  }

  private static String namespace(CreateSessionRequest request, List<Wanted> wanted) {
    if (!request.getNamespace().isEmpty()) {
      return request.getNamespace();
    }
    return wanted.stream()
        .map(each -> each.config().getNamespace())
        .filter(each -> !each.isEmpty())
        .findFirst()
        .orElse(Catalog.DEFAULT_NAMESPACE);
  }

  private List<BoundConfig> bind(List<Wanted> wanted, String namespace) {
    List<Violation> violations = new ArrayList<>();
    List<BoundConfig> bound = new ArrayList<>();
    Meaning.NotNow notNow = null;
    Set<String> names = new HashSet<>();
    for (Wanted each : wanted) {
      ClientConfig config = each.config();
      if (wanted.size() > 1 && config.getName().isEmpty()) {
        violations.add(
            new Violation(each.field() + ".name", "is needed in a session with several configs"));
      } else if (!names.add(config.getName())) {
        violations.add(new Violation(each.field(), "names a config that the session has already"));
      }
      if (!config.getNamespace().isEmpty() && !config.getNamespace().equals(namespace)) {
        violations.add(
            new Violation(
                each.field() + ".namespace", "is not the session's namespace, " + namespace));
        continue;
      }
      switch (catalog.meaning(config, namespace)) {
        case Meaning.Usable usable -> bound.add(bound(each, namespace, usable));
        case Meaning.NotNow later -> notNow = later;
        case Meaning.Invalid invalid ->
            invalid
                .violations()
                .forEach(
                    violation ->
                        violations.add(
                            new Violation(
                                each.field() + "." + violation.field(), violation.description())));
      }
    }
    if (!violations.isEmpty()) {
      throw Catalog.invalid(violations);
    }
    if (notNow != null) {
      throw Catalog.unavailable(notNow);
    }
    return bound;
  }

  private static BoundConfig bound(Wanted wanted, String namespace, Meaning.Usable usable) {
    return BoundConfig.of(
        wanted.config(),
        wanted.source(),
        namespace,
        usable.backend().name(),
        ClientConfigRules.type(usable.backend().type()),
        capabilities(usable.info(), wanted.config().getPattern()),
        usable.level());
  }

  /** What the plugin can do for the interface; of one that does not say, what it can do at all. */
  private static List<String> capabilities(InfoResponse info, AccessPattern pattern) {
    return info.getInterfaceInfoList().stream()
        .filter(each -> each.getPattern() == pattern)
        .findFirst()
        .map(InterfaceInfo::getCapabilitiesList)
        .orElseGet(info::getCapabilitiesList)
        .stream()
        .sorted()
        .toList();
  }

  private static void atMost(String field, String text, int most, List<Violation> violations) {
    if (bytes(text) > most) {
      violations.add(new Violation(field, "must have at most " + most + " bytes"));
    }
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
