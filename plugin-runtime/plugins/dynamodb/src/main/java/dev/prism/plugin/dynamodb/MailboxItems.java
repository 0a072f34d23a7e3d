package dev.prism.plugin.dynamodb;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.plugin.dynamodb.Heads.Head;
import dev.prism.sdk.queue.Header;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.transact.v1.MailboxMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * How mailboxes stand in items of the table. A message is an item under its id, and parts of it
 * where it is large. That it may be delivered is another, among those of its mailbox in the order
 * of their times ({@link Ready}). Each key has a head, which every writer and reader of the key
 * changes, and behind it the places of its messages in their order; only the first of them is
 * ready.
 *
 * <p>None of the names is a word that expressions reserve.
 */
final class MailboxItems {
  /** A message may be delivered from then on, or comes back; milliseconds since 1970. */
  static final String DUE = "m_due";

  /** How often it was delivered. */
  static final String TRIES = "m_tries";

  static final String ID = "m_id";
  static final String KEY = "m_key";

  /** In how many more items the payload is. */
  static final String PARTS = "m_parts";

  /** What it holds in memory, in bytes, about. */
  static final String SIZE = "m_size";

  /** Of a head: the last sequence that was given. */
  static final String LAST = "m_last";

  /** Of a head: how many messages wait or are delivered. */
  static final String OPEN = "m_open";

  /** Why a message is delivered to nobody any more. */
  static final String DEAD = "m_dead";

  private static final String WRITTEN = "m_written";
  private static final String DELIVER_AT = "m_at";
  private static final String ABOUT = "m_about";

  /** An item has at most 400 KiB; headers, key and id leave 365 of them. */
  static final int PART_BYTES = 352 << 10;

  /**
   * How long the head of a key without messages is kept: sequences grow from it, and from the clock
   * once it is gone.
   */
  private static final long KEPT_MILLIS = TimeUnit.DAYS.toMillis(8);

  private static final byte[] HEAD = {0};
  private static final byte PLACE = 1;

  private MailboxItems() {}

  private static Map<String, AttributeValue> at(AttributeValue partition, byte[] sort) {
    return Map.of(
        ItemAttributes.PARTITION, partition, ItemAttributes.KEY, ItemAttributes.binary(sort));
  }

  private static byte[] joined(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }

  // ---- the message ----

  static Map<String, AttributeValue> message(String namespace, String mailbox, String id) {
    return ItemAttributes.remembered(namespace, "Transact.Message/" + mailbox, id);
  }

  /** The keys of its other items. */
  static List<Map<String, AttributeValue>> parts(Map<String, AttributeValue> message, int parts) {
    List<Map<String, AttributeValue>> keys = new ArrayList<>(parts);
    byte[] id = ItemAttributes.bytes(message, ItemAttributes.KEY);
    AttributeValue partition = message.get(ItemAttributes.PARTITION);
    for (int i = 1; i <= parts && partition != null; i++) {
      keys.add(at(partition, joined(id, new byte[] {0, (byte) i})));
    }
    return keys;
  }

  /** In how many items besides its own a payload is. */
  static int parts(Message message) {
    return Math.max(0, (message.payload().length - 1) / PART_BYTES);
  }

  /** All items of a message, its own first. */
  static List<Map<String, AttributeValue>> items(
      String namespace, Outgoing outgoing, long nowMillis) {
    Message message = outgoing.message();
    byte[] payload = message.payload();
    Map<String, AttributeValue> key = message(namespace, outgoing.mailbox(), outgoing.messageId());
    Map<String, AttributeValue> first = new HashMap<>(key);
    MailboxMessage.Builder about =
        MailboxMessage.newBuilder().setKey(ByteString.copyFrom(message.key()));
    for (Header header : message.headers()) {
      about
          .addHeadersBuilder()
          .setName(header.name())
          .setValue(ByteString.copyFrom(header.value()));
    }
    first.put(WRITTEN, ItemAttributes.number(nowMillis));
    first.put(ABOUT, ItemAttributes.binary(about.build().toByteArray()));
    first.put(ItemAttributes.BODY, part(payload, 0));
    List<Map<String, AttributeValue>> items = new ArrayList<>(List.of(first));
    for (Map<String, AttributeValue> each : parts(key, parts(message))) {
      Map<String, AttributeValue> more = new HashMap<>(each);
      more.put(ItemAttributes.BODY, part(payload, items.size()));
      items.add(more);
    }
    return items;
  }

  private static AttributeValue part(byte[] payload, int number) {
    int from = number * PART_BYTES;
    int length = Math.min(PART_BYTES, payload.length - from);
    return AttributeValue.fromB(
        SdkBytes.fromByteBuffer(ByteBuffer.wrap(payload, from, Math.max(0, length))));
  }

  /** What was written as {@link #items}. */
  static Message message(List<Map<String, AttributeValue>> items) {
    try {
      MailboxMessage about =
          MailboxMessage.parseFrom(ItemAttributes.bytes(items.getFirst(), ABOUT));
      List<Header> headers = new ArrayList<>(about.getHeadersCount());
      about
          .getHeadersList()
          .forEach(each -> headers.add(new Header(each.getName(), each.getValue().toByteArray())));
      byte[] payload = {};
      for (Map<String, AttributeValue> each : items) {
        byte[] part = ItemAttributes.bytes(each, ItemAttributes.BODY);
        payload = payload.length == 0 ? part : joined(payload, part);
      }
      return new Message(about.getKey().toByteArray(), headers, payload, 0);
    } catch (InvalidProtocolBufferException e) {
      throw PrismException.of(Reason.DATA_CORRUPT, "a message in the table does not parse");
    }
  }

  static long written(Map<String, AttributeValue> message) {
    return number(message, WRITTEN);
  }

  // ---- what may be delivered ----

  /**
   * A message that may be delivered, or is.
   *
   * @param key of the item, which the time is part of at which it was made ready
   * @param due when it may be delivered, or comes back; milliseconds since 1970
   * @param tries how often it was delivered
   * @param messageKey empty: none
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Ready(
      Map<String, AttributeValue> key,
      long due,
      int tries,
      String id,
      byte[] messageKey,
      int parts,
      long size) {
    static Ready of(Map<String, AttributeValue> item) {
      AttributeValue id = item.get(ID);
      return new Ready(
          ItemReads.keyOf(item),
          number(item, DUE),
          (int) number(item, TRIES),
          id == null || id.s() == null ? "" : id.s(),
          item.containsKey(KEY) ? ItemAttributes.bytes(item, KEY) : new byte[0],
          (int) number(item, PARTS),
          number(item, SIZE));
    }

    /** From when on it is looked at. */
    long since() {
      return sort().getLong();
    }

    long sequence() {
      return sort().getLong(Long.BYTES);
    }

    private ByteBuffer sort() {
      return ByteBuffer.wrap(ItemAttributes.bytes(key, ItemAttributes.KEY));
    }

    Map<String, AttributeValue> item() {
      Map<String, AttributeValue> item = new HashMap<>(key);
      item.put(DUE, ItemAttributes.number(due));
      item.put(TRIES, ItemAttributes.number(tries));
      item.put(ID, AttributeValue.fromS(id));
      item.put(PARTS, ItemAttributes.number(parts));
      item.put(SIZE, ItemAttributes.number(size));
      if (messageKey.length > 0) {
        item.put(KEY, ItemAttributes.binary(messageKey));
      }
      return item;
    }

    /** The same from another time on. */
    Ready at(String namespace, String mailbox, long millis) {
      return with(readyKey(namespace, mailbox, millis, sequence()), millis, tries);
    }

    /** The same, delivered once more, until then. */
    Ready taken(long untilMillis) {
      return with(key, untilMillis, tries + 1);
    }

    /** The same delivery, until then. */
    Ready until(long untilMillis) {
      return with(key, untilMillis, tries);
    }

    private Ready with(Map<String, AttributeValue> newKey, long newDue, int newTries) {
      return new Ready(newKey, newDue, newTries, id, messageKey, parts, size);
    }

    /** That a delivery of it is in force. */
    Condition held(long nowMillis) {
      return new Condition(
          TRIES + " = :tries AND " + DUE + " > :now",
          Map.of(":tries", ItemAttributes.number(tries), ":now", ItemAttributes.number(nowMillis)));
    }

    /** Changes when it comes back. */
    Change.Update until(long millis, Condition condition) {
      return new Change.Update(
          key, "SET " + DUE + " = :due", Map.of(":due", ItemAttributes.number(millis)), condition);
    }
  }

  /** The partition of all that may be delivered of a mailbox. */
  static AttributeValue ready(String namespace, String mailbox) {
    return ItemAttributes.partition(namespace, "", "Transact.Ready/" + mailbox);
  }

  static Map<String, AttributeValue> readyKey(
      String namespace, String mailbox, long since, long sequence) {
    return at(
        ready(namespace, mailbox),
        ByteBuffer.allocate(2 * Long.BYTES).putLong(since).putLong(sequence).array());
  }

  /** That a message may be delivered from now on, or from its own time. */
  static Ready ready(String namespace, Outgoing outgoing, long sequence, long nowMillis) {
    Message message = outgoing.message();
    long due = Math.max(message.deliverAtMillis(), nowMillis);
    return new Ready(
        readyKey(namespace, outgoing.mailbox(), due, sequence),
        due,
        0,
        outgoing.messageId(),
        message.key(),
        parts(message),
        message.bytes());
  }

  // ---- keys ----

  /** The partition of a key's head and of the places behind it. */
  static AttributeValue line(String namespace, String mailbox, byte[] key) {
    byte[] names = ItemAttributes.utf8(namespace + "//Transact.Key/" + mailbox + "/");
    return ItemAttributes.binary(joined(names, key));
  }

  static Map<String, AttributeValue> head(String namespace, String mailbox, byte[] key) {
    return at(line(namespace, mailbox, key), HEAD);
  }

  static boolean isHead(Map<String, AttributeValue> item) {
    return ItemAttributes.bytes(item, ItemAttributes.KEY).length == HEAD.length;
  }

  private static Map<String, AttributeValue> place(
      String namespace, String mailbox, byte[] key, long sequence) {
    return at(
        line(namespace, mailbox, key),
        ByteBuffer.allocate(1 + Long.BYTES).put(PLACE).putLong(sequence).array());
  }

  static Change.Delete removedPlace(String namespace, String mailbox, byte[] key, long sequence) {
    return new Change.Delete(place(namespace, mailbox, key, sequence), Condition.there());
  }

  /** The place of a message behind its key's head, and what is to be known of it there. */
  static Map<String, AttributeValue> placed(String namespace, Outgoing outgoing, long sequence) {
    Message message = outgoing.message();
    Map<String, AttributeValue> item =
        new HashMap<>(place(namespace, outgoing.mailbox(), message.key(), sequence));
    item.put(ID, AttributeValue.fromS(outgoing.messageId()));
    item.put(PARTS, ItemAttributes.number(parts(message)));
    item.put(SIZE, ItemAttributes.number(message.bytes()));
    item.put(DELIVER_AT, ItemAttributes.number(message.deliverAtMillis()));
    return item;
  }

  /** What was placed is the first of its key now. */
  static Ready next(
      String namespace,
      String mailbox,
      byte[] key,
      Map<String, AttributeValue> placed,
      long nowMillis) {
    long due = Math.max(number(placed, DELIVER_AT), nowMillis);
    AttributeValue id = placed.get(ID);
    return new Ready(
        readyKey(namespace, mailbox, due, sequence(placed)),
        due,
        0,
        id == null || id.s() == null ? "" : id.s(),
        key,
        (int) number(placed, PARTS),
        number(placed, SIZE));
  }

  static long sequence(Map<String, AttributeValue> placed) {
    return ByteBuffer.wrap(ItemAttributes.bytes(placed, ItemAttributes.KEY)).getLong(1);
  }

  /**
   * Changes a head, which must be as it was seen, or as it is supposed.
   *
   * @param seen null: there is none
   */
  static Change.Put head(
      Map<String, AttributeValue> key, @Nullable Head seen, Head next, long nowMillis) {
    Map<String, AttributeValue> item = new HashMap<>(key);
    item.put(LAST, ItemAttributes.number(next.last()));
    item.put(OPEN, ItemAttributes.number(next.open()));
    if (next.open() == 0) {
      item.put(ItemAttributes.ENDS, ItemAttributes.ends(nowMillis + KEPT_MILLIS));
    }
    return new Change.Put(
        item,
        seen == null
            ? Condition.missing()
            : new Condition(
                LAST + " = :last AND " + OPEN + " = :open",
                Map.of(
                    ":last", ItemAttributes.number(seen.last()),
                    ":open", ItemAttributes.number(seen.open()))));
  }

  static long number(Map<String, AttributeValue> item, String name) {
    AttributeValue value = item.get(name);
    try {
      if (value != null && value.n() != null) {
        return Long.parseLong(value.n());
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw PrismException.of(
        Reason.DATA_CORRUPT, "an item in the table has no whole number as its " + name);
  }
}
