package dev.prism.proxy.route;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import dev.prism.options.Options;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to look for in the messages of one type: the fields that are names, the fields whose
 * messages may hold names, and the fields that clear one of those because they share a oneof with
 * it.
 */
final class ScanPlan {
  /** A field's part in the scan. */
  enum Role {
    NAME,
    MESSAGE,
    /** Holds no name; setting it clears the other members of its oneof. */
    CLEARS
  }

  /**
   * One field to look at.
   *
   * @param slot its place in {@link Names}
   * @param nested the plan of its messages; null unless a MESSAGE
   * @param cleared the slots of the other members of its oneof
   */
  @SuppressWarnings("ArrayRecordComponent") // Private to the scan, and never compared.
  record Step(
      int tag, Role role, boolean repeated, int slot, @Nullable ScanPlan nested, int[] cleared) {}

  private @Nullable Step[] byNumber = {};
  private Step[] steps = {};

  /** The tag of the one field that is a name, where nothing else needs a look; else 0. */
  private int flatTag;

  private ScanPlan() {}

  /** The plan for a type, and through {@code known} for the types within it, recursive ones too. */
  static ScanPlan of(Descriptor type, Map<String, ScanPlan> known) {
    ScanPlan plan = known.get(type.getFullName());
    if (plan == null) {
      plan = new ScanPlan();
      known.put(type.getFullName(), plan);
      plan.compile(type, known);
    }
    return plan;
  }

  private void compile(Descriptor type, Map<String, ScanPlan> known) {
    List<FieldDescriptor> fields = new ArrayList<>();
    for (FieldDescriptor field : type.getFields()) {
      if (holdsName(field) || clearsName(field)) {
        fields.add(field);
      }
    }
    fields.sort(null);
    int last = fields.isEmpty() ? 0 : fields.getLast().getNumber();
    byNumber = new Step[last + 1];
    steps = new Step[fields.size()];
    for (int slot = 0; slot < steps.length; slot++) {
      FieldDescriptor field = fields.get(slot);
      Role role = role(field);
      Step step =
          new Step(
              field.getNumber() << 3 | field.getLiteType().getWireType(),
              role,
              field.isRepeated(),
              slot,
              role == Role.MESSAGE ? of(field.getMessageType(), known) : null,
              cleared(field, fields));
      steps[slot] = step;
      byNumber[field.getNumber()] = step;
    }
    if (steps.length == 1 && steps[0].role() == Role.NAME && !steps[0].repeated()) {
      flatTag = steps[0].tag();
    }
  }

  private static Role role(FieldDescriptor field) {
    if (isName(field)) {
      return Role.NAME;
    }
    return holdsName(field) ? Role.MESSAGE : Role.CLEARS;
  }

  private static int[] cleared(FieldDescriptor field, List<FieldDescriptor> fields) {
    OneofDescriptor oneof = field.getRealContainingOneof();
    if (oneof == null) {
      return new int[0];
    }
    return fields.stream()
        .filter(other -> other != field && other.getRealContainingOneof() == oneof)
        .mapToInt(fields::indexOf)
        .toArray();
  }

  private static boolean isName(FieldDescriptor field) {
    boolean marked = field.getOptions().getExtension(Options.resource);
    if (marked && field.getType() != FieldDescriptor.Type.STRING) {
      throw new IllegalArgumentException(field.getFullName() + " is a resource and no string");
    }
    return marked;
  }

  private static boolean holdsName(FieldDescriptor field) {
    return isName(field)
        || (field.getType() == FieldDescriptor.Type.MESSAGE
            && holdsName(field.getMessageType(), new HashSet<>()));
  }

  private static boolean holdsName(Descriptor type, Set<String> seen) {
    if (!seen.add(type.getFullName())) {
      return false;
    }
    for (FieldDescriptor field : type.getFields()) {
      if (isName(field)
          || (field.getType() == FieldDescriptor.Type.MESSAGE
              && holdsName(field.getMessageType(), seen))) {
        return true;
      }
    }
    return false;
  }

  private static boolean clearsName(FieldDescriptor field) {
    OneofDescriptor oneof = field.getRealContainingOneof();
    return oneof != null && oneof.getFields().stream().anyMatch(ScanPlan::holdsName);
  }

  /** Whether a message holds at most one name, as a plain field of its own. */
  boolean isFlat() {
    return flatTag != 0 || steps.length == 0;
  }

  /** How many fields there are to look at. */
  int slots() {
    return steps.length;
  }

  Step step(int slot) {
    return steps[slot];
  }

  /** What to do with a field, or null where it is stepped over. */
  @Nullable Step find(int number) {
    return number < byNumber.length ? byNumber[number] : null;
  }

  /**
   * The range of the last name in a message of a flat plan; 0 where there is none.
   *
   * @param depth how many messages this one is in
   */
  long last(byte[] bytes, int start, int end, int depth) {
    int wanted = flatTag;
    if (wanted == 0) {
      return 0;
    }
    long found = 0;
    int pos = start;
    while (pos < end) {
      long read = Wire.readTag(bytes, pos, end);
      int tag = Wire.value(read);
      pos = Wire.next(read);
      if (tag == wanted) {
        long length = Wire.readLength(bytes, pos, end);
        int size = Wire.value(length);
        pos = Wire.next(length);
        Wire.checkUtf8(bytes, pos, size);
        found = Wire.pack(pos, size);
        pos += size;
      } else {
        checkType(Wire.number(tag) != Wire.number(wanted));
        pos = Wire.skip(bytes, pos, end, tag, depth);
      }
    }
    return found;
  }

  static void checkType(boolean fits) {
    if (!fits) {
      throw Wire.malformed("a field with the wrong wire type");
    }
  }
}
