package dev.prism.proxy.catalog;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import dev.prism.control.v1.SchemaRecord;
import dev.prism.options.Options;
import dev.prism.proxy.call.Times;
import dev.prism.proxy.store.ControlStore;
import dev.prism.proxy.store.ControlStore.Kind;
import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The message types that namespaces made known with RegisterSchema (contract 15). Each set of files
 * stands for itself; where two define the same type, the one registered later counts, and a set
 * whose every type was replaced is forgotten.
 */
public final class Schemas {
  private static final Logger LOG = LoggerFactory.getLogger(Schemas.class);
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_FILES = 256;

  /** Sets of files that a namespace may have. */
  static final int MAX_SETS = 100;

  /** What every server has, so that no set needs to bring it. */
  private static final Map<String, FileDescriptor> OWN =
      Stream.of(
              com.google.protobuf.AnyProto.getDescriptor(),
              com.google.protobuf.ApiProto.getDescriptor(),
              com.google.protobuf.DescriptorProtos.getDescriptor(),
              com.google.protobuf.DurationProto.getDescriptor(),
              com.google.protobuf.EmptyProto.getDescriptor(),
              com.google.protobuf.FieldMaskProto.getDescriptor(),
              com.google.protobuf.SourceContextProto.getDescriptor(),
              com.google.protobuf.StructProto.getDescriptor(),
              com.google.protobuf.TimestampProto.getDescriptor(),
              com.google.protobuf.TypeProto.getDescriptor(),
              com.google.protobuf.WrappersProto.getDescriptor(),
              Options.getDescriptor())
          .collect(java.util.stream.Collectors.toUnmodifiableMap(FileDescriptor::getName, f -> f));

  private final ControlStore store;
  private final InstantSource clock;
  private final ReentrantLock registering = new ReentrantLock();
  private final Map<String, Namespace> namespaces = new ConcurrentHashMap<>();

  private record Linked(String key, SchemaRecord record, Map<String, Descriptor> types) {}

  /** A namespace's sets, earliest first, and the types that count. Replaced as a whole. */
  private record Namespace(List<Linked> sets, Map<String, Descriptor> types) {}

  public Schemas(ControlStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Takes up what the control store holds. Called once, before the first call is served. */
  public void load() {
    Map<String, List<Linked>> sets = new HashMap<>();
    for (var entry : store.list(Kind.SCHEMAS, SchemaRecord.parser())) {
      SchemaRecord record = entry.value();
      try {
        sets.computeIfAbsent(record.getNamespace(), _ -> new ArrayList<>())
            .add(new Linked(entry.key(), record, link(record.getDescriptors())));
      } catch (PrismException e) {
        LOG.error("Schema {} does not link any more; its types are unknown", entry.key(), e);
      }
    }
    sets.forEach((namespace, linked) -> namespaces.put(namespace, index(linked)));
  }

  /** A message type by its full name, or null. */
  public @Nullable Descriptor find(String namespace, String type) {
    Namespace known = namespaces.get(namespace);
    return known == null ? null : known.types().get(type);
  }

  /**
   * Makes types known; returns when the control store holds them.
   *
   * @param namespace exists
   * @return every type that the namespace has now, sorted
   * @throws PrismException FIELD_INVALID, REGISTRATION_LIMIT, or PLUGIN_UNAVAILABLE when the
   *     control store does not answer
   */
  public List<String> register(String namespace, FileDescriptorSet descriptors) {
    if (descriptors.getSerializedSize() > MAX_BYTES || descriptors.getFileCount() > MAX_FILES) {
      throw invalid("must have at most 1 MiB and " + MAX_FILES + " files");
    }
    Map<String, Descriptor> types = link(descriptors);
    if (types.isEmpty()) {
      throw invalid("defines no message type");
    }
    SchemaRecord record =
        SchemaRecord.newBuilder()
            .setNamespace(namespace)
            .setDescriptors(descriptors)
            .setRegisteredAt(Times.timestamp(clock.instant()))
            .build();
    String key = namespace + "/" + hash(descriptors);
    registering.lock();
    try {
      Namespace before = namespaces.getOrDefault(namespace, new Namespace(List.of(), Map.of()));
      List<Linked> sets = new ArrayList<>(before.sets());
      sets.removeIf(set -> set.key().equals(key));
      sets.add(new Linked(key, record, types));
      Namespace after = index(sets);
      if (after.sets().size() > MAX_SETS) {
        throw PrismException.of(
            Reason.REGISTRATION_LIMIT,
            "The namespace has as many schemas as it may (" + MAX_SETS + ").");
      }
      store.put(Kind.SCHEMAS, key, record);
      namespaces.put(namespace, after);
      for (Linked set : sets) {
        if (!after.sets().contains(set)) {
          store.delete(Kind.SCHEMAS, set.key());
        }
      }
      return List.copyOf(after.types().keySet());
    } finally {
      registering.unlock();
    }
  }

  private static Namespace index(List<Linked> sets) {
    List<Linked> ordered = new ArrayList<>(sets);
    ordered.sort(Comparator.comparing(set -> Times.instant(set.record().getRegisteredAt())));
    Map<String, Descriptor> types = new TreeMap<>();
    ordered.forEach(set -> types.putAll(set.types()));
    ordered.removeIf(
        set ->
            set.types().values().stream().noneMatch(type -> types.get(type.getFullName()) == type));
    return new Namespace(List.copyOf(ordered), types);
  }

  private static Map<String, Descriptor> link(FileDescriptorSet descriptors) {
    Map<String, FileDescriptorProto> files = new HashMap<>();
    for (FileDescriptorProto file : descriptors.getFileList()) {
      if (files.put(file.getName(), file) != null) {
        throw invalid("holds the file " + file.getName() + " twice");
      }
    }
    Map<String, FileDescriptor> linked = new HashMap<>(OWN);
    Map<String, Descriptor> types = new TreeMap<>();
    for (FileDescriptorProto file : descriptors.getFileList()) {
      FileDescriptor descriptor = link(file.getName(), files, linked, 0);
      if (!OWN.containsKey(file.getName())) {
        descriptor.getMessageTypes().forEach(type -> collect(type, types));
      }
    }
    return types;
  }

  private static FileDescriptor link(
      String name,
      Map<String, FileDescriptorProto> files,
      Map<String, FileDescriptor> linked,
      int depth) {
    FileDescriptor known = linked.get(name);
    if (known != null) {
      return known;
    }
    FileDescriptorProto file = files.get(name);
    if (file == null) {
      throw invalid("imports " + name + ", which is not among its files");
    }
    if (depth > MAX_FILES) {
      throw invalid("holds files that import each other in a circle: " + name);
    }
    List<FileDescriptor> imports = new ArrayList<>();
    for (String dependency : file.getDependencyList()) {
      imports.add(link(dependency, files, linked, depth + 1));
    }
    try {
      FileDescriptor descriptor =
          FileDescriptor.buildFrom(file, imports.toArray(FileDescriptor[]::new));
      linked.put(name, descriptor);
      return descriptor;
    } catch (DescriptorValidationException e) {
      throw invalid("does not link: " + e.getProblemSymbolName() + ": " + e.getDescription());
    }
  }

  private static void collect(Descriptor type, Map<String, Descriptor> types) {
    if (!type.getOptions().getMapEntry()) {
      types.put(type.getFullName(), type);
      type.getNestedTypes().forEach(nested -> collect(nested, types));
    }
  }

  private static PrismException invalid(String description) {
    return PrismException.invalid(
        Reason.FIELD_INVALID,
        "The schema is not valid.",
        List.of(new Violation("descriptors", description)));
  }

  private static String hash(FileDescriptorSet descriptors) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(descriptors.toByteArray());
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
