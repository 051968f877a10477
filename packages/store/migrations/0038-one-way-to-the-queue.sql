-- The queue is read line by line, from `tasks_in_line` alone. Beside it an index by age looked as cheap to the planner while
-- its statistics knew of few waiting tasks, and every claim then read and sorted all that wait.
drop index tasks_queued;
