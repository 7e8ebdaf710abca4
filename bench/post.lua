wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = '{"name":"' .. string.rep("n", 1013) .. '"}'
