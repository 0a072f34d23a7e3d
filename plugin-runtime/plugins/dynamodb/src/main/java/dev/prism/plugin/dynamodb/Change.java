package dev.prism.plugin.dynamodb;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/** What is done to one item of the table where a condition holds of it; null: always. */
sealed interface Change {
  /** Makes it, or replaces it by another. */
  record Put(Map<String, AttributeValue> item, @Nullable Condition condition) implements Change {}

  /** Removes it. */
  record Delete(Map<String, AttributeValue> key, Condition condition) implements Change {}

  /** Changes some attributes. */
  record Update(
      Map<String, AttributeValue> key,
      String expression,
      Map<String, AttributeValue> values,
      Condition condition)
      implements Change {}

  /** Changes nothing: the others are made where the condition holds of this one. */
  record Check(Map<String, AttributeValue> key, Condition condition) implements Change {}

  /**
   * Asks for it alone.
   *
   * @param old what to answer of the item that was found where the condition does not hold
   */
  default void send(DynamoDbClient client, String table, ReturnValuesOnConditionCheckFailure old) {
    switch (this) {
      case Put(var item, var condition) ->
          client.putItem(
              put ->
                  put.tableName(table)
                      .item(item)
                      .conditionExpression(condition == null ? null : condition.expression())
                      .expressionAttributeValues(Condition.values(condition, Map.of()))
                      .returnValuesOnConditionCheckFailure(condition == null ? null : old));
      case Delete(var key, var condition) ->
          client.deleteItem(
              delete ->
                  delete
                      .tableName(table)
                      .key(key)
                      .conditionExpression(condition.expression())
                      .expressionAttributeValues(Condition.values(condition, Map.of())));
      case Update(var key, var expression, var values, var condition) ->
          client.updateItem(
              update ->
                  update
                      .tableName(table)
                      .key(key)
                      .updateExpression(expression)
                      .conditionExpression(condition.expression())
                      .expressionAttributeValues(Condition.values(condition, values)));
      case Check _ -> throw new IllegalStateException("a check alone has nothing to check for");
    }
  }

  /** Asks for it together with others. */
  default TransactWriteItem together(String table) {
    TransactWriteItem.Builder one = TransactWriteItem.builder();
    switch (this) {
      case Put(var item, var condition) ->
          one.put(
              put ->
                  put.tableName(table)
                      .item(item)
                      .conditionExpression(condition == null ? null : condition.expression())
                      .expressionAttributeValues(Condition.values(condition, Map.of())));
      case Delete(var key, var condition) ->
          one.delete(
              delete ->
                  delete
                      .tableName(table)
                      .key(key)
                      .conditionExpression(condition.expression())
                      .expressionAttributeValues(Condition.values(condition, Map.of())));
      case Update(var key, var expression, var values, var condition) ->
          one.update(
              update ->
                  update
                      .tableName(table)
                      .key(key)
                      .updateExpression(expression)
                      .conditionExpression(condition.expression())
                      .expressionAttributeValues(Condition.values(condition, values)));
      case Check(var key, var condition) ->
          one.conditionCheck(
              check ->
                  check
                      .tableName(table)
                      .key(key)
                      .conditionExpression(condition.expression())
                      .expressionAttributeValues(Condition.values(condition, Map.of())));
    }
    return one.build();
  }

  /** How much of it counts against what a transaction may have. */
  default long size() {
    return switch (this) {
      case Put(var item, _) -> ItemAttributes.size(item);
      case Delete(var key, _) -> ItemAttributes.size(key);
      case Update(var key, _, _, _) -> ItemAttributes.size(key);
      case Check(var key, _) -> ItemAttributes.size(key);
    };
  }
}
